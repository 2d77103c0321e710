/** Names of an image in Markdown: whatever they are, they stay text. */
import { describe, expect, it } from 'vitest';
import { codeBlock, codeSpan, linkTarget, plainText } from '../../../../server/session/report/markdown.ts';

const HOSTILE = 'x`\n\n![](https://elsewhere/t.png)';

describe('a name made to be more than text', () => {
  it('ends no code span and begins no paragraph', () => {
    expect(codeSpan(HOSTILE)).toBe("`x' ![](https://elsewhere/t.png)`");
  });

  it('is no image and no link as plain text', () => {
    expect(plainText(HOSTILE)).toBe('x\\` \\!\\[\\]\\(https://elsewhere/t.png\\)');
  });

  it('ends no block of lines', () => {
    expect(codeBlock(['a', '```', '````'])).toEqual(['`````text', 'a', '```', '````', '`````']);
    expect(codeBlock(['a'])).toEqual(['```text', 'a', '```']);
  });

  it('ends no link', () => {
    expect(linkTarget('file:///k/a(1).c')).toBe('file:///k/a%281%29.c');
  });
});
