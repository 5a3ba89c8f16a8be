// {{name}}: the TODO and FIXME marks in what is being changed. This file asks the host; `marks.js` answers. Each
// exported object is one hook of the world in `wit/plugin.wit`.

import { changedFiles } from 'session:plugin/facts@{{contract}}';
import { log } from 'session:plugin/log@{{contract}}';
import { readFiles } from 'session:plugin/work-tree@{{contract}}';

import * as marks from './marks.js';

export const brief = {
  contribute: (_request) => contribution(marks.brief(allMarks())),
};

export const checkpoint = {
  contribute: (_request) => contribution(marks.checkpoint(allMarks())),
};

/** The marks of all changed files that the host lets us read. */
function allMarks() {
  const changed = changedFiles().filter((file) => file.status !== 'deleted');
  const paths = changed.map((file) => file.path).slice(0, 200);
  const found = [];
  readFiles(paths, 64 * 1024).forEach((answer, index) => {
    if (answer.tag === 'ok') {
      found.push(...marks.inText(paths[index], new TextDecoder().decode(answer.val.bytes)));
    } else {
      log('info', `${paths[index]}: ${answer.val.kind}`);
    }
  });
  return found;
}

/** What a hook says, with everything that it says nothing about. */
function contribution(said) {
  const nothing = { sections: [], metrics: [], findings: [], trailers: [], nextSteps: [], edits: [], state: [] };
  return { ...nothing, verdict: undefined, ...said };
}
