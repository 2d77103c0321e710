import { isComposite, strip } from '../typeModel.ts';
import type { CompositeType } from '../types.ts';
import { Value } from './value.ts';

export interface Child {
  /** Member name, `[3]`, or `*p`. */
  readonly name: string;
  /** A C expression for the child, where its parent has one. */
  readonly evaluateName: string | undefined;
  readonly value: Value;
}

/** What a value opens up to: members, or elements, never both. */
type Parts =
  | { readonly kind: 'members'; readonly object: Value; readonly type: CompositeType }
  | { readonly kind: 'elements'; readonly array: Value; readonly count: number }
  | { readonly kind: 'target'; readonly pointer: Value }
  | { readonly kind: 'none' };

function partsOf(value: Value): Parts {
  const type = strip(value.type);
  if (isComposite(type)) return { kind: 'members', object: value, type };
  if (type.kind === 'array') return { kind: 'elements', array: value, count: type.count ?? 0 };
  if (type.kind !== 'pointer' && type.kind !== 'reference') return { kind: 'none' };
  const target = strip(type.target);
  if (target.kind === 'void' || target.kind === 'function' || isNull(value)) return { kind: 'none' };
  if (isComposite(target)) {
    return target.incomplete
      ? { kind: 'none' }
      : { kind: 'members', object: value.dereference(), type: target };
  }
  return { kind: 'target', pointer: value };
}

function isNull(value: Value): boolean {
  if (value.place.kind === 'implicit-pointer') return false;
  try {
    return value.toBigInt() === 0n;
  } catch {
    return true; // unreadable: there is nothing to show behind it
  }
}

/** How many children a value has, by kind; one of the two is 0. */
export function childCounts(value: Value): { readonly named: number; readonly indexed: number } {
  const parts = partsOf(value);
  switch (parts.kind) {
    case 'members':
      return { named: parts.type.members.length, indexed: 0 };
    case 'elements':
      return { named: 0, indexed: parts.count };
    case 'target':
      return { named: 1, indexed: 0 };
    case 'none':
      return { named: 0, indexed: 0 };
  }
}

/** Members of a struct or of what a pointer points to, elements of an array; `count` of them from `start` on. */
export function children(
  value: Value,
  page: { readonly start?: number | undefined; readonly count?: number | undefined } = {},
): Child[] {
  const parts = partsOf(value);
  const start = Math.max(0, page.start ?? 0);
  const end = page.count === undefined ? Number.POSITIVE_INFINITY : start + page.count;
  switch (parts.kind) {
    case 'members':
      return parts.type.members.slice(start, end).map((member) => {
        const inner = parts.object.member(member);
        return child(member.name ?? `<anonymous ${strip(member.type).kind}>`, inner);
      });
    case 'elements': {
      const list: Child[] = [];
      for (let index = start; index < Math.min(end, parts.count); index++) {
        list.push(child(`[${index}]`, parts.array.element(index)));
      }
      return list;
    }
    case 'target':
      return start === 0 && end > 0 ? [child(`*${value.expression ?? ''}`, parts.pointer.dereference())] : [];
    case 'none':
      return [];
  }
}

function child(name: string, value: Value): Child {
  return { name, evaluateName: value.expression, value };
}
