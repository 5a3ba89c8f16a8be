// Makes component.wasm of plugin.js and the files that it imports.

import { writeFile } from 'node:fs/promises';

import { componentize } from '@bytecodealliance/componentize-js';

const { component } = await componentize({
  sourcePath: 'plugin.js',
  witPath: 'wit',
  worldName: 'plugin',
  // The host gives a plugin none of these. stdio stays: what an exception says is shown to the user.
  disableFeatures: ['random', 'clocks', 'http', 'fetch-event'],
});
await writeFile('component.wasm', component);
