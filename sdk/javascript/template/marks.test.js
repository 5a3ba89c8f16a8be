import assert from 'node:assert/strict';
import test from 'node:test';

import * as marks from './marks.js';

test('marks are found with their lines', () => {
  const found = marks.inText('a.js', 'a();\n  // TODO: b\n// done\n');
  assert.deepEqual(found, [{ path: 'a.js', line: 2, text: '// TODO: b' }]);
  assert.equal(marks.brief(found).sections[0].body, '- a.js:2: // TODO: b\n');
  assert.equal(marks.checkpoint(found).metrics[0].value, 1);
});

test('nothing is quoted from what is not text', () => {
  assert.deepEqual(marks.inText('a.wasm', '\0asm\n// TODO: b\n'), []);
});

test('nothing is said about nothing', () => {
  assert.deepEqual(marks.brief([]), {});
});
