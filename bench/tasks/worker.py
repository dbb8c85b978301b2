# SPDX-License-Identifier: Apache-2.0
"""worker.py PEER CASE MODEL FRAME.npy: makes a task of a model and runs it on a frame again and
again: for each line that comes, as many seconds, and prints the milliseconds of each frame as JSON.

Peers: linnet (linnet.task), support (tflite_support.task), pil and opencv (NumPy with Pillow or
OpenCV around LiteRT, as scripts do it).  Cases: classify, detect, segment; and frame: OpenCV making
a tensor of a 1080p NV21 frame, without a model."""
import json
import sys
import time

import numpy as np


def task_of(modules, case, model, frame):
    vision, core, processor = modules
    image = vision.TensorImage.create_from_array(frame)
    base = core.BaseOptions(file_name=model, num_threads=1)
    if case == "classify":
        task = vision.ImageClassifier.create_from_options(vision.ImageClassifierOptions(
            base, processor.ClassificationOptions(max_results=5)))
        return lambda: task.classify(image)
    if case == "detect":
        task = vision.ObjectDetector.create_from_options(vision.ObjectDetectorOptions(
            base, processor.DetectionOptions(max_results=5)))
        return lambda: task.detect(image)
    task = vision.ImageSegmenter.create_from_options(vision.ImageSegmenterOptions(base))
    return lambda: task.segment(image)


def linnet(case, model, frame):
    from linnet.task import core, processor, vision
    return task_of((vision, core, processor), case, model, frame)


def support(case, model, frame):
    from tflite_support.task import core, processor, vision
    return task_of((vision, core, processor), case, model, frame)


def script(resize, case, model, frame):
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(model, num_threads=1)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    outputs = [d["index"] for d in interpreter.get_output_details()]
    height, width = details["shape"][1:3]

    def run():
        small = resize(frame, int(width), int(height))
        if details["dtype"] == np.float32:
            small = (small.astype(np.float32) - 127.5) / 127.5
        interpreter.set_tensor(details["index"], small[np.newaxis])
        interpreter.invoke()
        got = [interpreter.get_tensor(i)[0] for i in outputs]
        if case == "classify":
            best = np.argsort(got[0])[::-1][:5]
            return [(int(i), float(got[0][i])) for i in best]
        if case == "detect":
            scale = np.array([frame.shape[0], frame.shape[1]] * 2)
            return [((box * scale).astype(int).tolist(), int(kind), float(score))
                    for box, kind, score in list(zip(got[0], got[1], got[2]))[:5]]
        return got[0].argmax(-1).astype(np.uint8)
    return run


def pil(case, model, frame):
    from PIL import Image
    return script(lambda f, w, h: np.asarray(Image.fromarray(f).resize((w, h), Image.BILINEAR)),
                  case, model, frame)


def opencv(case, model, frame):
    import cv2
    cv2.setNumThreads(1)
    if case == "frame":
        nv21 = np.random.default_rng(1).integers(0, 255, (1620, 1920), dtype=np.uint8)

        def run():
            small = cv2.resize(cv2.cvtColor(nv21, cv2.COLOR_YUV2RGB_NV21), (224, 224))
            return (small.astype(np.float32) - 127.5) / 127.5
        return run
    return script(lambda f, w, h: cv2.resize(f, (w, h)), case, model, frame)


def main():
    peer, case, model, frame = sys.argv[1:5]
    run = {"linnet": linnet, "support": support, "pil": pil, "opencv": opencv}[peer](
        case, model, np.load(frame))
    run()
    print("ready", flush=True)
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while time.perf_counter() < end or len(times) < 5:
            begin = time.perf_counter()
            run()
            times.append((time.perf_counter() - begin) * 1e3)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
