// SPDX-License-Identifier: Apache-2.0
// node_tflite.js REPOSITORY: the add-on node-tflite tells digits apart; run in its folder.
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const {Interpreter} = require(process.cwd());

// A three, one character per pixel from 0 to f.
const three = ['007fd100', '08d6f400', '021dd000', '002fb100', '0001cc10', '00001a80', '00845e90',
               '007dd000'].join('');

const file = path.join(process.argv[2], 'examples', 'digits', 'digits_float32.tflite');
const bytes = new Uint8Array(fs.readFileSync(file)); // the add-on takes the whole buffer
for (const numThreads of [1, 2]) {
  const interpreter = new Interpreter(Uint8Array.from(bytes), {numThreads});
  interpreter.allocateTensors();
  assert.strictEqual(interpreter.inputs.length, 1);
  assert.deepStrictEqual(Array.from(interpreter.inputs[0].dims), [1, 8, 8, 1]);
  interpreter.inputs[0].copyFrom(Float32Array.from(three, c => parseInt(c, 16) / 15));
  interpreter.invoke();
  const scores = new Float32Array(10);
  interpreter.outputs[0].copyTo(scores);
  assert.strictEqual(scores.indexOf(Math.max(...scores)), 3);
}
assert.throws(() => new Interpreter(new Uint8Array(64)));
console.log('3 passed, 0 failed');
