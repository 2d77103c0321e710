/** What kind of bug a refused store is, and what usually fixes it. DOMAIN.md §4 has the corpus behind this. */
import type { CodePlace } from './codePlace.ts';
import type {
  DataObject,
  MemberChange,
  RefusedStoreClass,
  StoreBypass,
  StorePart,
  Suggestion,
} from './refusedStore.ts';

export interface Facts {
  readonly place: CodePlace;
  readonly object: DataObject | undefined;
  readonly redundant: boolean;
  readonly parts: readonly StorePart[];
  readonly throughAlias: boolean;
  /** The same function wrote these bytes before the seal. */
  readonly wroteBefore: boolean;
  readonly members: readonly MemberChange[];
  /** The member set is a link of a list or registration: a pointer in a structure that points to its own kind. */
  readonly structural: boolean;
  /** How the store gets past the seal, where nothing refuses it. */
  readonly bypass: StoreBypass['kind'] | undefined;
  /** The writer is init code: `.init.text` is freed before anything is meant to be sealed. */
  readonly inInit: boolean;
  /** A what-if seal refused it: nothing is annotated yet. */
  readonly isWhatIf: boolean;
}

/** The class that decides what to fix comes first; the others that hold too follow. */
export function classify(facts: Facts): [RefusedStoreClass, ...RefusedStoreClass[]] {
  const holds: RefusedStoreClass[] = [];
  // A way past the seal is what has to be closed, whatever the store is.
  if (facts.bypass !== undefined) holds.push(facts.bypass === 'stale-tlb' ? 'stale-tlb' : 'alias');
  if (facts.parts.some((part) => part.refused) && facts.parts.some((part) => !part.refused))
    holds.push('boundary');
  if (facts.object !== undefined && !facts.object.inRegion) holds.push('neighbour');
  if (facts.structural) holds.push('structural-write');
  if (facts.inInit) holds.push('too-early');
  if (facts.redundant) holds.push('redundant-write');
  if (facts.wroteBefore) holds.push('init-code-called-late');
  if (facts.throughAlias && facts.bypass === undefined) holds.push('alias');
  const [first, ...rest] = holds;
  const isPlain = first === undefined || (first === 'alias' && facts.bypass === undefined);
  return isPlain ? ['late-write', ...holds] : [first, ...rest];
}

export function suggest(facts: Facts, classes: readonly RefusedStoreClass[]): Suggestion[] {
  const name = facts.object?.path ?? 'the object';
  const symbol = facts.object?.symbol ?? 'the object';
  const here = facts.place.function === '' ? 'this code' : `${facts.place.function}()`;
  const declared = { file: facts.object?.file, line: facts.object?.line };
  const at = { file: facts.place.file, line: facts.place.line };
  const leaveOut = `${facts.isWhatIf ? 'do not annotate' : 'drop the annotation of'} ${symbol}`;
  const suggestions: Suggestion[] = [];
  const say = (text: string, where: { file?: string | undefined; line?: number | undefined } = {}): void => {
    suggestions.push({ text, ...where });
  };
  for (const each of classes) {
    switch (each) {
      case 'boundary':
        say(
          `the store is misaligned and runs over the end of the seal: align ${symbol}, or move all of it to one side`,
          declared,
        );
        break;
      case 'neighbour':
        say(
          `${symbol} was not meant to be sealed: move it to .data, or end the sealed section with ". = ALIGN(4096);" in the linker script`,
          declared,
        );
        break;
      case 'structural-write':
        say('register once, in an initcall that runs before the seal', at);
        say(`${leaveOut}: entries are linked into it after init`, declared);
        break;
      case 'init-code-called-late':
        say(
          `${here} also wrote it before the seal: move this write to a function that only the boot path calls`,
          at,
        );
        if (!facts.redundant)
          say(`if harts really differ, keep a copy of ${symbol} for each of them`, declared);
        break;
      case 'redundant-write':
        say(`the value is already there: remove the write, or guard it with if (${name} != value)`, at);
        break;
      case 'late-write':
        say(`${leaveOut} if it really has to change after init`, declared);
        say('or open a write window around the store', at);
        break;
      case 'alias':
        say('the store came through another mapping of a sealed frame: check who made that mapping', at);
        if (facts.bypass === 'alias') say('seal every mapping of the frame, the linear map included', at);
        if (facts.bypass === 'no-paging')
          say(
            'a hart without paging is stopped by PMP only: write after paging is on, or lock the frame with PMP',
            at,
          );
        break;
      case 'stale-tlb':
        say(
          'after W is taken away, every hart needs an sfence.vma: send a remote fence (SBI RFENCE) before relying on the seal',
          at,
        );
        break;
      case 'too-early':
        say(`${here} is init code: the region was sealed before init had ended; seal later`, at);
        break;
    }
  }
  return suggestions;
}
