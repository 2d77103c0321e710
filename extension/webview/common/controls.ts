/** Buttons and options as VS Code looks. Whoever uses them imports the element's module. */

export function button(label: string, press: () => void): HTMLElement {
  const created = document.createElement('vscode-button');
  created.textContent = label;
  created.secondary = true;
  created.addEventListener('click', press);
  return created;
}

export function option(value: string, label: string, description = ''): HTMLElement {
  const created = document.createElement('vscode-option');
  created.value = value;
  created.description = description;
  created.textContent = label;
  return created;
}
