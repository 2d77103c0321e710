/** Tabs: arrows choose, Tab goes on to the panel. */
import { element, setAttributes } from './dom.ts';

export class Tabs<Name extends string> {
  readonly root: HTMLElement;
  readonly #tabs: ReadonlyMap<Name, HTMLElement>;
  readonly #panels: Readonly<Record<Name, HTMLElement>>;

  constructor(label: string, panels: Readonly<Record<Name, HTMLElement>>, choose: (name: Name) => void) {
    this.#panels = panels;
    const names = Object.keys(panels) as Name[];
    this.#tabs = new Map(
      names.map((name) => {
        const tab = element('button', { role: 'tab', id: `tab-${name}`, 'aria-controls': `panel-${name}` });
        tab.addEventListener('click', () => choose(name));
        setAttributes(panels[name], {
          role: 'tabpanel',
          id: `panel-${name}`,
          'aria-labelledby': `tab-${name}`,
        });
        return [name, tab];
      }),
    );
    this.root = element(
      'div',
      { role: 'tablist', class: 'tabs', 'aria-label': label },
      ...this.#tabs.values(),
    );
    this.root.addEventListener('keydown', (event) => {
      const at = names.findIndex((name) => this.#tabs.get(name) === event.target);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
      if (to === undefined) return;
      const name = names[(to + names.length) % names.length]!;
      choose(name);
      this.#tabs.get(name)!.focus();
      event.preventDefault();
    });
  }

  render(chosen: Name, labels: Readonly<Record<Name, string>>): void {
    for (const [name, tab] of this.#tabs) {
      const isChosen = name === chosen;
      setAttributes(tab, { 'aria-selected': String(isChosen), tabindex: isChosen ? 0 : -1 });
      if (tab.textContent !== labels[name]) tab.textContent = labels[name];
      this.#panels[name].hidden = !isChosen;
    }
  }
}
