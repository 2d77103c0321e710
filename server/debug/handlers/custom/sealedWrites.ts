/** Every refused store of the session. */
import { sealedWriteBodies, sealedWritesText } from '../../present/sealedWrites.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

export const sealedWriteHandlers: Handlers<'sealscope/sealedWrites' | 'sealscope/exportSealedWrites'> = {
  'sealscope/sealedWrites': custom('sealscope/sealedWrites', 'session', ({ session }) => ({
    writes: sealedWriteBodies(session),
  })),

  'sealscope/exportSealedWrites': custom(
    'sealscope/exportSealedWrites',
    'session',
    ({ session }, { format }) => ({ text: sealedWritesText(session, format) }),
  ),
};
