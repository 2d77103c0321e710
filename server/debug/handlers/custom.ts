/** The requests of protocol.ts. */
import type { CustomCommand } from '../protocol.ts';
import type { Handlers } from '../requests.ts';
import { faultHandlers } from './custom/fault.ts';
import { mappingHandlers } from './custom/mappings.ts';
import { objectHandlers } from './custom/objects.ts';
import { placeHandlers } from './custom/places.ts';
import { sealedWriteHandlers } from './custom/sealedWrites.ts';
import { sealHandlers } from './custom/seals.ts';
import { timelineHandlers } from './custom/timeline.ts';
import { whatIfHandlers } from './custom/whatIf.ts';
import { windowHandlers } from './custom/windows.ts';

export const customHandlers: Handlers<CustomCommand> = {
  ...faultHandlers,
  ...sealHandlers,
  ...mappingHandlers,
  ...sealedWriteHandlers,
  ...placeHandlers,
  ...whatIfHandlers,
  ...objectHandlers,
  ...timelineHandlers,
  ...windowHandlers,
};
