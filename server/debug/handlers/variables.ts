/** Variables: reading them in pages, and setting them. */
import type { View } from '../containers/container.ts';
import { on, type Handlers } from '../requests.ts';
import { flag, integer, object, oneOf, optional, text } from '../schema.ts';

const format = optional(object({ hex: optional(flag) }));
const variablesReference = integer();

export const variableHandlers: Handlers<'variables' | 'setVariable'> = {
  variables: on(
    'standstill',
    object({
      variablesReference,
      filter: optional(oneOf('indexed', 'named')),
      start: optional(integer(0)),
      count: optional(integer(0)),
      format,
    }),
    (context, args) => {
      const view: View = {
        hex: args.format?.hex ?? false,
        filter: args.filter,
        start: args.start ?? 0,
        count: args.count,
      };
      return { variables: context.variables.get(args.variablesReference).list(view) };
    },
  ),

  setVariable: on(
    'standstill',
    object({ variablesReference, name: text, value: text, format }),
    (context, { variablesReference: reference, name, value, format: asked }) => {
      const view: View = { hex: asked?.hex ?? false, filter: undefined, start: 0, count: undefined };
      const set = context.variables.get(reference).set(name, value, view);
      // As `variables` tells it, without what the client knows already.
      const known = new Set<string>(['name', 'evaluateName', 'presentationHint']);
      const told = Object.entries(set).filter(([member]) => !known.has(member));
      return Object.fromEntries(told) as Omit<typeof set, 'name' | 'evaluateName' | 'presentationHint'>;
    },
  ),
};
