/** What a page is made of; its parts as addresses that it may load. */
export interface Parts {
  readonly title: string;
  readonly script: string;
  readonly style: string;
  /** What the content security policy calls the place they come from. */
  readonly source: string;
  readonly nonce: string;
}

/** The page of a view. It may load one script and one style sheet, and nothing else from anywhere. */
export const documentOf = ({ title, script, style, source, nonce }: Parts): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; script-src 'nonce-${nonce}'; style-src ${source}">
    <title>${title}</title>
    <link rel="stylesheet" href="${style}">
  </head>
  <body>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
