/** The page permissions at the refused store: what they show, and how a person finds the way in them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { commands, debug } from 'vscode';
import { atRefusedStore, launch, recorder, recordsSessions, session } from './guest.ts';
import { PermissionsView } from './permissionsView.ts';
import { Element, needsScreen, press, screenshot, type } from './screen.ts';
import { breakpointAt, openSource } from './workspace.ts';

/** The page of an object, as "0x…". */
async function pageOf(expression: string): Promise<string> {
  const { page } = (await session().customRequest('sealscope/locate', { expression })) as { page: string };
  return page;
}

const REFUSED = '.row.refused';

describe('The page permissions at a refused store', () => {
  recordsSessions();
  after(() => commands.executeCommand('workbench.action.closeAllEditors'));

  it('show the sealed page: now and as linked, by whom, its symbols, both aliases', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await PermissionsView.inEditor();
    const [refused = ''] = await view.element(REFUSED).texts();
    assert.match(
      refused,
      /store refused: cpu_caps\.features\[2\]\.bits 0x15 → 0x15.*\bnr_cpus\b.*\bcpu_caps\b/,
    );
    const page = await pageOf('&cpu_caps');
    const [mapping = ''] = await view.row(page, '.data..ro_after_init').texts();
    assert.match(mapping, /A store was refused here/);
    assert.match(
      mapping,
      /4 KiB\s+R--·G·AD\s+readable, not writable, not executable[^]*RW-\s+readable, writable/,
    );
    assert.match(mapping, /sealed by mark_rodata_ro · rodata[^]*1 alias: linear map R--/);
    assert.match((await view.row('.rodata').texts())[0] ?? '', /R--[^]*R--[^]*sealed by mark_rodata_ro/);
    assert.match((await view.row('.init.text').texts())[0] ?? '', /RW-[^]*R-X/);
    await view.row('0xffffffd6', 'sealed by mark_rodata_ro', '1 alias: 0xffffffff80600000 R--').wait();
    await screenshot('permissions-editor');
  });

  it('tell the phases in order, with a way to the line that sealed', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await PermissionsView.inEditor();
    const phases = (await view.element('.phases li').texts()).join(' ');
    assert.match(
      phases,
      /^booting[^]*hart 1 started[^]*SEALED at step [\d,]+ by mark_rodata_ro \(hart 0\)[^]*suspend[^]*resume[^]*fault/,
    );
    await view.element('.phases li:has-text("SEALED") button').click();
    await new Element('.tab.active:has-text("mm.h")').wait();
  });

  it('have no accessibility violations that axe finds, in the editor and in the side bar', async function () {
    needsScreen(this);
    await atRefusedStore();
    for (const view of [await PermissionsView.inEditor(), await PermissionsView.inSideBar()]) {
      await view.element(REFUSED).wait();
      assert.deepEqual(await view.element('html').violations(), []);
    }
    await screenshot('permissions-side-bar');
  });

  it('draw a map, which can be put away', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await PermissionsView.inEditor();
    await view.element('.caption:has-text("rodata sealed · a store was refused here")').wait();
    const map = view.element('[role=slider]');
    await view.element('vscode-toolbar-button:has-text("Map")').click();
    await map.gone();
    await view.element('vscode-toolbar-button:has-text("Map")').click();
    await map.wait();
  });

  it('are searched by symbol, section and address', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await PermissionsView.inEditor();
    const find = async (text: string): Promise<void> => {
      await view.element('vscode-textfield').click();
      // Empties it.
      await press('Escape');
      await type(text);
      await view.element('.hit').wait();
      await press('Enter');
    };
    await find('wake_tab');
    await view.element('.row.symbol:focus:has-text("wake_table")').wait();
    await find('.init.data');
    await view.element('.row.page:focus').wait();
    const page = await pageOf('&nr_cpus');
    await find(page);
    await view.element(`.row.page:focus:has-text("${page.slice(-8)}")`).wait();
  });

  it('are filtered, and compared with the stop that a person chooses', async function () {
    needsScreen(this);
    const sealing = breakpointAt(await openSource('mm/rodata.c'), 'set_memory_ro(__start_rodata, _data);');
    debug.addBreakpoints([sealing]);
    await launch({});
    await recorder().stopped();
    await commands.executeCommand('sealscope.runToSeal');
    await recorder().stopped();
    await commands.executeCommand('workbench.action.debug.continue');
    await recorder().stopped();
    await new Element('.exception-widget').wait();
    const view = await PermissionsView.inEditor();
    await view.element(REFUSED).wait();
    await view.select('Show', 'Changed');
    // The first one is at the entry, when there was no translation.
    await view.select('Changed since', 'Since stop 2');
    await view.row('.data..ro_after_init', 'before, now').wait();
    await view.select('Changed since', 'No comparison');
    await view.element('.nothing:has-text("No mapping passes this filter")').wait();
    await view.select('Show', 'Sealed');
    const sealed = await view.element('.row.mapping').texts();
    assert.ok(sealed.length > 2 && sealed.every((text) => text.includes('sealed by')), sealed.join('\n'));
    await view.select('Show', 'All mappings');
    await view.row('.init.text').wait();
  });
});

describe('The page permissions without a mouse', () => {
  recordsSessions();
  before(() => commands.executeCommand('workbench.action.closeAllEditors'));

  it('open and close what they show, and go to the other alias', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await PermissionsView.inSideBar();
    await view.element(REFUSED).wait();
    await view.tabTo('.body [role=row]');
    await press('ArrowRight');
    await view.element(`${REFUSED}[aria-expanded=true]:focus`).wait();
    await press('ArrowRight');
    await view.element('.row.symbol:focus').wait();
    await press('ArrowLeft');
    await press('ArrowLeft');
    await view.element(`${REFUSED}[aria-expanded=false]:focus`).wait();
    await press('ArrowUp');
    await view.element('.row.aliases:focus').wait();
    await press('ArrowRight');
    await press('ArrowRight');
    await view.element('.row.alias:focus:has-text("linear map")').wait();
    await press('Enter');
    await view.element('.row.page:focus:has-text("R--")').wait();
    await press('ArrowLeft');
    await view.element('.row.mapping:focus:has-text("0xffffffd6")').wait();
    await press('/');
    await type('scenario');
    await view.element('.hit').wait();
    await press('ArrowDown');
    await view.element('.hit:focus').wait();
    await press('Enter');
    await view.element('.row.symbol:focus:has-text("scenario")').wait();
  });
});
