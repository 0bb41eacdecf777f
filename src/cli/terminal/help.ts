/** How wide help is where stdout is no terminal, and at most where it is one: columns. */
export const USUAL_WIDTH = 80;
const WIDEST = 120;

/** What stands behind a command's options: prose, which is filled to the terminal's width, and indented lines, which stay. */
export const notes = (text: string) => (): string =>
  `\n${filled(text, Math.min(process.stdout.columns || USUAL_WIDTH, WIDEST))}`;

/** Paragraphs of `text` with as many words on a line as `width` columns have room for. */
function filled(text: string, width: number): string {
  const lines: string[] = [];
  let open = false;
  for (const line of text.trim().split('\n')) {
    const isProse = /^\S/.test(line);
    if (!isProse) lines.push(line);
    for (const word of isProse ? line.split(/\s+/) : []) {
      const last = lines[lines.length - 1];
      if (open && last!.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
      open = true;
    }
    open = isProse;
  }
  return lines.join('\n');
}
