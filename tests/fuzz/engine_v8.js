// Runs what differential.py planned in V8: node engine_v8.js < PLAN. See differential_runner.c for
// the plan and the transcript.
'use strict';
const fs = require('fs');

const table = new Uint32Array(256).map((_, i) => {
  for (let bit = 0; bit < 8; bit++) i = (i >>> 1) ^ (i & 1 ? 0xedb88320 : 0);
  return i;
});

function crc32(bytes) {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

const view = new DataView(new ArrayBuffer(8));
const hex = (value, digits) => value.toString(16).padStart(digits, '0');

function valueText(type, value) {
  switch (type) {
    case 'i32': return `i32:${hex(value >>> 0, 8)}`;
    case 'i64': return `i64:${hex(BigInt.asUintN(64, value), 16)}`;
    case 'f32':
      view.setFloat32(0, value);
      return Number.isNaN(value) ? 'f32:nan' : `f32:${hex(view.getUint32(0), 8)}`;
    case 'f64':
      view.setFloat64(0, value);
      return Number.isNaN(value) ? 'f64:nan' : `f64:${hex(view.getBigUint64(0), 16)}`;
    case 'v128': return 'v128';
    default: return `ref:${value === null ? 'null' : 'some'}`;
  }
}

function argument(word) {
  const [type, bits] = word.split(':');
  switch (type) {
    case 'i32': return parseInt(bits, 16) | 0;
    case 'i64': return BigInt.asIntN(64, BigInt(`0x${bits}`));
    case 'f32': view.setUint32(0, parseInt(bits, 16)); return view.getFloat32(0);
    case 'f64': view.setBigUint64(0, BigInt(`0x${bits}`)); return view.getFloat64(0);
    default: return null;
  }
}

const nameOf = (text) => Buffer.from(text.slice(1), 'hex').toString('utf8');
const firstLine = (error) => String(error.message || error).split('\n')[0];

let module_ = null, instance = null, watched = [];

function endLine(text) {
  const state = [];
  for (const [kind, name, type] of instance === null ? [] : watched) {
    const external = instance.exports[name];
    if (kind === 'global') {
      state.push(valueText(type, type === 'v128' ? null : external.value));
    } else if (kind === 'memory') {
      const bytes = new Uint8Array(external.buffer);
      state.push(`memory:${bytes.length.toString(16)}:${hex(crc32(bytes), 8)}`);
    } else {
      state.push(`table:${external.length.toString(16)}`);
    }
  }
  process.stdout.write(`${[`${text} |`, ...state].join(' ')}\n`);
}

function failure(error) {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
    return ` trap ${firstLine(error)}`;
  if (typeof WebAssembly.Exception === 'function' && error instanceof WebAssembly.Exception)
    return ' trap uncaught exception';
  return ` refused ${firstLine(error)}`;
}

function doModule(number, path) {
  instance = null;
  module_ = null;
  watched = [];
  let text = `module ${number}`;
  try {
    module_ = new WebAssembly.Module(fs.readFileSync(path));
  } catch (error) {
    text += ` refused ${firstLine(error)}`;
  }
  endLine(text);
}

function doInstance() {
  instance = null;
  let text = 'instance';
  try {
    if (module_ !== null) instance = new WebAssembly.Instance(module_, {});
    text += instance === null ? ' refused' : ' ok';
  } catch (error) {
    text += failure(error);
  }
  endLine(text);
}

function doCall(name, words) {
  const arrow = words.indexOf('>'), types = words.slice(arrow + 1);
  let text = `call ${name}`;
  if (instance === null) {
    endLine(`${text} refused`);
    return;
  }
  try {
    let results = instance.exports[nameOf(name)](...words.slice(0, arrow).map(argument));
    if (types.length === 0) results = [];
    if (types.length === 1) results = [results];
    text += ['', 'ok', ...types.map((type, i) => valueText(type, results[i]))].join(' ');
  } catch (error) {
    text += failure(error);
  }
  endLine(text);
}

for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  const [kind, name, ...words] = line.split(' ');
  if (kind === 'module') {
    if (global.gc) global.gc(); // instances reserve much address space
    doModule(name, words[0]);
  } else if (kind === 'instance') {
    doInstance();
  } else if (kind === 'call') {
    doCall(name, words);
  } else if (kind !== '') {
    watched.push([kind, nameOf(name), words[0]]);
  }
}
