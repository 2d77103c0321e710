/** What does not fit is told in one sentence that names the value and what would fit. */
import { expect, it } from 'vitest';
import {
  address,
  dictionary,
  either,
  flag,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  type Shape,
} from '../../../server/debug/schema.ts';

const breakpoints = object({ breakpoints: list(object({ line: integer(1), condition: optional(text) })) });

const fits: readonly [Shape<unknown>, unknown, unknown][] = [
  [text, 'x', 'x'],
  [integer(1, 8), 8, 8],
  [address, '0xffffffff80000000', 0xffff_ffff_8000_0000n],
  [address, '4096', 4096n],
  [oneOf('a', 'b'), 'b', 'b'],
  [either<string | number>(text, integer()), 4, 4],
  [dictionary(flag), { x: true }, { x: true }],
  [object({ a: optional(text) }), {}, {}],
  [object({ a: optional(text) }), { a: null }, {}],
  [object({ a: text }), { a: 'x', other: 1 }, { a: 'x' }],
  [breakpoints, { breakpoints: [{ line: 1 }] }, { breakpoints: [{ line: 1 }] }],
];

it.each(fits)('%#: fits', (shape, value, expected) => {
  expect(shape.check(value, 'it')).toEqual(expected);
});

const misfits: readonly [Shape<unknown>, unknown, string][] = [
  [text, 5, "'it' is 5; it must be a string."],
  [flag, 'yes', `'it' is "yes"; it must be true or false.`],
  [integer(1, 8), 9, "'it' is 9; it must be an integer from 1 to 8."],
  [integer(0), -1, "'it' is -1; it must be an integer of 0 or more."],
  [integer(), 1.5, "'it' is 1.5; it must be an integer."],
  [integer(), 2 ** 53, "'it' is 9007199254740992; it must be an integer."],
  [integer(), undefined, "'it' is missing; it must be an integer."],
  [address, 'main', `'it' is "main"; it must be an address such as "0xffffffc0801a2000".`],
  [address, 4096, `'it' is 4096; it must be an address such as "0xffffffc0801a2000".`],
  [
    address,
    '99999999999999999999',
    `'it' is "99999999999999999999"; it must be an address such as "0xffffffc0801a2000".`,
  ],
  [oneOf('a', 'b', 'c'), 'd', `'it' is "d"; it must be one of "a", "b" or "c".`],
  [list(text), 'x', `'it' is "x"; it must be a list, each element a string.`],
  [list(text), ['x', 1], "'it[1]' is 1; it must be a string."],
  [object({}), [], "'it' is []; it must be an object."],
  [
    breakpoints,
    { breakpoints: [{ line: 3 }, { line: '4' }] },
    `'it.breakpoints[1].line' is "4"; it must be an integer of 1 or more.`,
  ],
  [text, { long: 'y'.repeat(100) }, `'it' is {"long":"${'y'.repeat(48)}…; it must be a string.`],
];

it.each(misfits)('%#: does not fit', (shape, value, message) => {
  expect(() => shape.check(value, 'it')).toThrow(message);
});
