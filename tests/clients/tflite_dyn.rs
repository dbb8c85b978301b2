// SPDX-License-Identifier: Apache-2.0
//! client LIBRARY MODEL: uses the crate tflite-dyn, which opens the library while it runs.  MODEL
//! computes y = 3x on floats.  (The crate's options of XNNPACK have the layout of TensorFlow Lite
//! 2.4, which no newer library shares, so that part is left out.)
use tflite_dyn::TfLite;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let tflite = TfLite::load(&arguments[1]).expect("the library");
    let version = tflite.version().to_str().unwrap();
    assert_eq!(version.split('.').count(), 3, "{version}");

    assert!(tflite.model_create(b"not a model".to_vec()).is_err());
    let model = tflite.model_create(std::fs::read(&arguments[2]).unwrap()).expect("the model");
    let mut options = tflite.interpreter_options_create();
    options.set_num_threads(2);
    let mut interpreter = tflite.interpreter_create(model, options);
    assert!(interpreter.invoke().is_err()); // not allocated
    interpreter.allocate_tensors().unwrap();
    assert_eq!((interpreter.input_tensor_count(), interpreter.output_tensor_count()), (1, 1));
    assert!(interpreter.input_tensor(1).is_none());

    let mut input = interpreter.input_tensor(0).unwrap();
    assert_eq!(format!("{input:?}"), "Tensor { name: \"x\", type: Float32, dims: [1, 8, 8, 3] }");
    for (i, x) in input.data_mut().unwrap().chunks_exact_mut(4).enumerate() {
        x.copy_from_slice(&(i as f32).to_le_bytes());
    }
    interpreter.invoke().unwrap();
    let output = interpreter.output_tensor(0).unwrap();
    for (i, y) in output.data().unwrap().chunks_exact(4).enumerate() {
        assert_eq!(f32::from_le_bytes(y.try_into().unwrap()), 3.0 * i as f32);
    }
    println!("1 passed, 0 failed");
}
