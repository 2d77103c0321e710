/** The verbs, as a table: what each does, what it wants, and how its arguments complete. */
import { CHOICE_MEANING, SEAL_CHOICES, type SealChoice } from '../../sealing/choice.ts';
import { nearest } from '../../sealing/nearest.ts';
import { permissionText } from '../../sealing/region.ts';
import { sealText } from '../../sealing/story.ts';
import { SessionError } from '../errors.ts';
import { hex } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { Frame } from '../inspect/inspector.ts';
import { sizeText, walkText } from '../inspect/pageWalk.ts';
import type { SymbolFile } from '../../symbols/index.ts';
import type { Seals } from '../seals.ts';
import { completeExpression } from './expressionCompletions.ts';
import type { Verbs, VerbCompletion, VerbResult } from './verb.ts';

interface Verb {
  readonly name: string;
  /** Arguments as usage shows them; empty when it takes none. */
  readonly usage: string;
  readonly help: string;
  /** Its argument is a C expression and completes as one. */
  readonly takesExpression?: true;
  /** What to print; an object where the guest shall go on. */
  run(argument: string, frame: Frame | undefined): string | VerbResult;
  /** Values that complete an argument, with what they mean. */
  completions?(prefix: string): readonly { readonly text: string; readonly detail?: string | undefined }[];
}

const MAX_LINES = 200;
const MAX_COMPLETIONS = 100;

export class GuestVerbs implements Verbs {
  readonly #verbs: readonly Verb[];

  readonly #inspector: GuestInspector;
  readonly #symbols: SymbolFile | undefined;

  constructor(seals: Seals, inspector: GuestInspector, symbols: SymbolFile | undefined) {
    this.#inspector = inspector;
    this.#symbols = symbols;
    this.#verbs = [
      faultVerb(seals),
      pageTableVerb(inspector),
      sealsVerb(seals),
      sealedVerb(seals),
      findingsVerb(seals),
      { name: 'help', usage: '', help: 'list these verbs', run: () => this.#help() },
    ];
  }

  recognises(text: string): boolean {
    const [name, argument] = split(text);
    const verb = this.#find(name);
    // `pt = 3` and `seals.count` are expressions about variables of these names.
    return verb !== undefined && !/^(=|\.|->|\[|[-+*/%&|^<>]=?\s)/.test(argument);
  }

  run(text: string, frame?: Frame): VerbResult {
    const [name, argument] = split(text);
    const verb = this.#find(name);
    if (verb === undefined) {
      const near = nearest(
        name,
        this.#verbs.map((each) => each.name),
      );
      throw new SessionError(
        'request',
        `no verb "${name}"${near.length > 0 ? `; did you mean ${near.join(' or ')}?` : ''}`,
      );
    }
    if (argument !== '' && verb.usage === '')
      throw new SessionError('request', `${verb.name} takes no argument`);
    const result = verb.run(argument, frame);
    return typeof result === 'string' ? { text: result, goesOn: false } : result;
  }

  complete(text: string, column: number, frame?: Frame): VerbCompletion[] {
    const typed = text.slice(0, column);
    const [, name = '', gap = '', argument = ''] = /^\s*(\S*)(\s*)(.*)$/.exec(typed) ?? [];
    const inExpression = (): VerbCompletion[] =>
      completeExpression(typed, this.#inspector, this.#symbols, frame);
    if (gap === '') {
      const start = typed.length - name.length;
      const verbs = this.#verbs.filter((verb) => verb.name.startsWith(name));
      return [...verbs.map((verb) => ({ text: verb.name, detail: verb.help, start })), ...inExpression()];
    }
    const verb = this.#find(name);
    if (verb === undefined || verb.takesExpression === true) return inExpression();
    const start = typed.length - argument.length;
    const values = verb.completions?.(argument) ?? [];
    return values.slice(0, MAX_COMPLETIONS).map((value) => ({ ...value, start }));
  }

  #find(name: string): Verb | undefined {
    return this.#verbs.find((verb) => verb.name === name);
  }

  #help(): string {
    const lines = this.#verbs.map(
      ({ name, usage, help }) => `${`${name} ${usage}`.trim().padEnd(40)} ${help}`,
    );
    return [...lines, 'Anything else is a C expression: cpu_caps.features[2].bits, $a0, *(u64 *)$sp'].join(
      '\n',
    );
  }
}

/** Behind a choice: carries it out at once. */
const GO = 'go';

function faultVerb(seals: Seals): Verb {
  const choices: readonly SealChoice[] = SEAL_CHOICES.filter((choice) => choice !== 'log');
  const usage = `${choices.join('|')} [${GO}]`;
  return {
    name: 'fault',
    usage,
    help: `decide about the refused store; with "${GO}" the machine goes on with it at once`,
    run: (argument) => {
      if (argument === '') return seals.pending?.story ?? 'No refused store waits.';
      const [name, go, ...rest] = argument.split(/\s+/);
      const choice = choices.find((each) => each === name);
      if (choice === undefined || (go !== undefined && go !== GO) || rest.length > 0)
        throw new SessionError('request', `usage: fault ${usage}, not "${argument}"`);
      seals.choose(choice);
      const exposed = choice === 'retry' ? seals.exposedByRetry() : [];
      const goesOn = go === GO;
      const lines = [
        `${choice}: ${CHOICE_MEANING[choice]}.`,
        ...(exposed.length === 0 ? [] : [`These lose their seal too: ${namesOf(exposed)}`]),
        ...(goesOn ? [] : [`Continue or step to do it; "fault ${choice} ${GO}" does both.`]),
      ];
      return { text: lines.join('\n'), goesOn };
    },
    completions: (prefix) =>
      choices
        .flatMap((choice) => [
          { text: choice, detail: CHOICE_MEANING[choice] },
          { text: `${choice} ${GO}`, detail: 'and let the machine go on' },
        ])
        .filter(({ text }) => text.startsWith(prefix)),
  };
}

function pageTableVerb(inspector: GuestInspector): Verb {
  return {
    name: 'pt',
    usage: 'ADDRESS',
    takesExpression: true,
    help: 'walk the page table: each level, permissions now and as linked, stale TLB entries',
    run: (argument, frame) => {
      if (argument === '')
        throw new SessionError('request', 'usage: pt ADDRESS, where ADDRESS is any expression');
      return walkText(inspector.walk(addressOf(inspector, argument, frame), frame?.hart));
    },
  };
}

/** An expression's value; of an array, a function or a structure its address. */
function addressOf(inspector: GuestInspector, text: string, frame: Frame | undefined): bigint {
  const value = inspector.evaluatePurely(text, frame);
  const kind = value.type.kind;
  const isPlace =
    kind === 'array' || kind === 'struct' || kind === 'union' || kind === 'class' || kind === 'function';
  return isPlace && value.address !== undefined ? value.address : value.toBigInt();
}

function sealsVerb(seals: Seals): Verb {
  return {
    name: 'seals',
    usage: '',
    help: 'the sealed regions, their state, who sealed them, and what keeps others open',
    run: () => {
      const lines = seals
        .status()
        .flatMap(({ region, state, linked, sealedLast, holes }) => [
          `${region.name}  ${hex(region.start)}..${hex(region.end)}  ${state}  (${region.origin}: ${region.source})` +
            (linked === undefined ? '' : `  linked ${permissionText(linked)}`),
          ...region.parts.map((part) => `    ${part.name}  ${hex(part.start)}..${hex(part.end)}`),
          ...(sealedLast === undefined
            ? []
            : [`    ${sealText({ kind: 'sealed', regions: [region], moment: sealedLast })}`]),
          ...holes.map(
            ({ mapping, why, harts }) =>
              `    open: ${mapping.kind} page ${hex(mapping.address)} (${sizeText(mapping.size)}) is writable` +
              (why === 'tlb' ? ` in the TLB of hart ${harts.join(', ')}` : ''),
          ),
        ]);
      if (seals.degraded)
        lines.push('The run is degraded: a retry opened a page that has not been sealed since.');
      return lines.length === 0
        ? 'No region is known. Name one with "sealed" in the launch configuration.'
        : lines.join('\n');
    },
  };
}

function sealedVerb(seals: Seals): Verb {
  return {
    name: 'sealed',
    usage: '[NAME]',
    help: 'the sealed objects whose name contains NAME',
    run: (argument) => {
      const found = seals.symbols(argument);
      if (found.length === 0)
        return argument === '' ? 'Nothing is sealed.' : `No sealed object has "${argument}" in its name.`;
      const lines = found
        .slice(0, MAX_LINES)
        .map(({ name, address, size }) => `${hex(address)}  ${String(size).padStart(6)}  ${name}`);
      if (found.length > MAX_LINES) lines.push(`… and ${found.length - MAX_LINES} more`);
      return lines.join('\n');
    },
    completions: (prefix) =>
      seals.symbols(prefix).map(({ name, size }) => ({ text: name, detail: `${size} bytes` })),
  };
}

function findingsVerb(seals: Seals): Verb {
  return {
    name: 'findings',
    usage: '',
    help: 'every refused store of the run, once for each symbol and instruction',
    run: () => {
      const lines = seals.findings.map(({ first, count, actions }) => {
        const done = actions.map(({ action, count: times }) => `${action} ${times}×`).join(', ');
        return `${count}×  ${first.story}  [${done}]`;
      });
      return lines.length === 0 ? 'No store was refused.' : lines.join('\n');
    },
  };
}

function namesOf(symbols: readonly { readonly name: string }[]): string {
  const shown = symbols.slice(0, 12).map(({ name }) => name);
  return (
    shown.join(', ') + (symbols.length > shown.length ? ` and ${symbols.length - shown.length} more` : '')
  );
}

function split(text: string): [string, string] {
  const [, name = '', argument = ''] = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(text) ?? [];
  return [name, argument];
}
