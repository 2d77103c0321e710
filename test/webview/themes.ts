/** The variables that VS Code sets for its own themes, as far as the views use them. */

const fonts = {
  'font-family': 'DejaVu Sans, sans-serif',
  'font-size': '13px',
  'font-weight': 'normal',
  'editor-font-family': 'DejaVu Sans Mono, monospace',
  'editor-font-size': '13px',
};

const themes = {
  dark: {
    ...{
      foreground: '#cccccc',
      descriptionForeground: '#9d9d9d',
      errorForeground: '#f85149',
      focusBorder: '#0078d4',
    },
    ...{ 'editor-background': '#1f1f1f', 'sideBar-background': '#181818', 'panel-border': '#2b2b2b' },
    ...{
      'editorWidget-background': '#202020',
      'editorWidget-foreground': '#cccccc',
      'editorWidget-border': '#454545',
    },
    ...{ 'list-hoverBackground': '#2a2d2e', 'list-activeSelectionBackground': '#04395e' },
    ...{ 'list-activeSelectionForeground': '#ffffff', 'list-inactiveSelectionBackground': '#37373d' },
    ...{
      'charts-red': '#f14c4c',
      'charts-orange': '#d18616',
      'charts-yellow': '#cca700',
      'charts-green': '#89d185',
    },
    ...{ 'charts-purple': '#b180d7', 'charts-blue': '#3794ff', 'editorWarning-foreground': '#cca700' },
    ...{ 'settings-dropdownBackground': '#313131', 'settings-dropdownBorder': '#3c3c3c' },
    ...{ 'settings-textInputBackground': '#313131', 'settings-textInputForeground': '#cccccc' },
    ...{
      'input-placeholderForeground': '#989898',
      'button-background': '#0078d4',
      'button-foreground': '#ffffff',
    },
    ...{ 'inputOption-activeBackground': '#2489db82', 'inputOption-activeForeground': '#ffffff' },
    ...{
      'inputOption-activeBorder': '#2488db',
      'textLink-foreground': '#4daafc',
      'widget-shadow': '#0000005c',
    },
  },
  light: {
    ...{
      foreground: '#3b3b3b',
      descriptionForeground: '#3b3b3b',
      errorForeground: '#c72e0f',
      focusBorder: '#005fb8',
    },
    ...{ 'editor-background': '#ffffff', 'sideBar-background': '#f8f8f8', 'panel-border': '#e5e5e5' },
    ...{
      'editorWidget-background': '#f8f8f8',
      'editorWidget-foreground': '#3b3b3b',
      'editorWidget-border': '#c8c8c8',
    },
    ...{ 'list-hoverBackground': '#f2f2f2', 'list-activeSelectionBackground': '#e8e8e8' },
    ...{ 'list-activeSelectionForeground': '#000000', 'list-inactiveSelectionBackground': '#e4e6f1' },
    ...{
      'charts-red': '#e51400',
      'charts-orange': '#d18616',
      'charts-yellow': '#bf8803',
      'charts-green': '#388a34',
    },
    ...{ 'charts-purple': '#652d90', 'charts-blue': '#1a85ff', 'editorWarning-foreground': '#bf8803' },
    ...{ 'settings-dropdownBackground': '#ffffff', 'settings-dropdownBorder': '#cecece' },
    ...{ 'settings-dropdownForeground': '#3b3b3b', 'settings-textInputBackground': '#ffffff' },
    ...{ 'settings-textInputForeground': '#3b3b3b', 'settings-textInputBorder': '#cecece' },
    ...{
      'input-placeholderForeground': '#767676',
      'button-background': '#005fb8',
      'button-foreground': '#ffffff',
    },
    ...{ 'inputOption-activeBackground': '#bed6ed', 'inputOption-activeForeground': '#000000' },
    ...{
      'inputOption-activeBorder': '#005fb8',
      'textLink-foreground': '#005fb8',
      'widget-shadow': '#00000029',
    },
  },
  'high-contrast': {
    ...{
      foreground: '#ffffff',
      descriptionForeground: '#ffffffb3',
      errorForeground: '#f48771',
      focusBorder: '#f38518',
    },
    ...{ 'editor-background': '#000000', 'sideBar-background': '#000000', 'panel-border': '#6fc3df' },
    ...{
      'editorWidget-background': '#0c141f',
      'editorWidget-foreground': '#ffffff',
      'editorWidget-border': '#6fc3df',
    },
    ...{ contrastBorder: '#6fc3df', contrastActiveBorder: '#f38518', 'list-focusOutline': '#f38518' },
    ...{
      'charts-red': '#f48771',
      'charts-orange': '#d18616',
      'charts-yellow': '#ffd370',
      'charts-green': '#89d185',
    },
    ...{ 'charts-purple': '#b180d7', 'charts-blue': '#3794ff', 'editorWarning-foreground': '#ffd370' },
    ...{ 'settings-dropdownBackground': '#000000', 'settings-dropdownBorder': '#6fc3df' },
    ...{ 'settings-dropdownForeground': '#ffffff', 'settings-textInputBackground': '#000000' },
    ...{ 'settings-textInputForeground': '#ffffff', 'settings-textInputBorder': '#6fc3df' },
    ...{ 'input-placeholderForeground': '#ffffffb3', 'button-foreground': '#ffffff' },
    ...{ 'inputOption-activeBackground': '#00000000', 'inputOption-activeForeground': '#ffffff' },
    ...{ 'inputOption-activeBorder': '#6fc3df', 'textLink-foreground': '#21a6ff' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type ThemeName = keyof typeof themes;
export const themeNames = Object.keys(themes) as readonly ThemeName[];

/** As declarations for the root element. */
export const themeCss = (theme: ThemeName): string =>
  [
    ...Object.entries({ ...fonts, ...themes[theme] }).map(([name, value]) => `--vscode-${name}: ${value}`),
    `background: ${themes[theme]['editor-background']}`,
  ].join('; ');
