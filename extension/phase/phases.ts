/** How a phase reads, and what it means. */
import { ThemeColor } from 'vscode';
import type { Phase } from '../session/index.ts';

interface PhaseLook {
  readonly title: string;
  /** Name of a codicon. The shapes differ, so that nothing hangs on colour. */
  readonly icon: string;
  readonly meaning: string;
  readonly background?: ThemeColor;
}

export const phaseLooks: Readonly<Record<Phase, PhaseLook>> = {
  booting: {
    title: 'Booting',
    icon: 'unlock',
    meaning: 'Nothing is sealed yet: init may still write everywhere.',
  },
  sealed: { title: 'Sealed', icon: 'lock', meaning: 'All regions are sealed.' },
  'partly-sealed': {
    title: 'Partly sealed',
    icon: 'shield',
    meaning: 'Some of what shall be sealed can still be written.',
  },
  degraded: {
    title: 'Degraded',
    icon: 'warning',
    meaning: 'A choice made a sealed page writable, and it has not been sealed since.',
    background: new ThemeColor('statusBarItem.warningBackground'),
  },
  unsealed: {
    title: 'Nothing to seal',
    icon: 'circle-slash',
    meaning: 'No region of this image is known to be sealed. Name one with "sealed" in launch.json.',
  },
};
