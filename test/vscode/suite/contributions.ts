import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { commands, debug, extensions, workspace } from 'vscode';

const ID = 'sealscope.sealscope';

describe('What the extension contributes', () => {
  it('is there, and sleeps until it is needed', () => {
    const extension = extensions.getExtension(ID);
    assert.ok(extension, `${ID} is not installed`);
    assert.equal(extension.isActive, false);
  });
});
