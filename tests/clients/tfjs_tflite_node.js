// SPDX-License-Identifier: Apache-2.0
// tfjs_tflite_node.js REPOSITORY: the add-on tfjs-tflite-node tells digits apart; run in its folder.
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const {TFLiteNodeModelRunner} = require(process.cwd());

const digits = path.join(process.argv[2], 'examples', 'digits');

function open(name, threads) {
  const bytes = fs.readFileSync(path.join(digits, name));
  const model = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return new TFLiteNodeModelRunner(model, {threads});
}

// A three, one character per pixel from 0 to f.
const three = ['007fd100', '08d6f400', '021dd000', '002fb100', '0001cc10', '00001a80', '00845e90',
               '007dd000'].join('');

let passed = 0;
for (const [name, scale] of [['digits_float32.tflite', 1 / 15], ['digits_int8.tflite', 17]]) {
  for (const threads of [1, 2]) {
    const runner = open(name, threads);
    const [input] = runner.getInputs();
    const [output] = runner.getOutputs();
    assert.strictEqual(input.shape, '1,8,8,1');
    input.data().set([...three].map(c => parseInt(c, 16) * scale));
    assert.ok(runner.infer());
    const scores = Array.from(output.data());
    assert.strictEqual(scores.length, 10);
    assert.strictEqual(scores.indexOf(Math.max(...scores)), 3);
    passed++;
  }
}
assert.throws(() => new TFLiteNodeModelRunner(new ArrayBuffer(64), {threads: 1}));
console.log(`${passed + 1} passed, 0 failed`);
