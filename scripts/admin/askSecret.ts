import { createInterface } from 'node:readline/promises';

const [enter, newLine, backspace, rubout, interrupt, end] = ['\r', '\n', '\b', '\u007f', '\u0003', '\u0004'];

/** Reads a line without showing it; from a pipe it is the next line as it comes. */
export async function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    const lines = createInterface({ input: stdin });
    for await (const line of lines) return line;
    return '';
  }
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    return await typedLine();
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

function typedLine(): Promise<string> {
  const { stdin } = process;
  let typed = '';
  return new Promise((resolve, reject) => {
    const take = (chunk: string) => {
      for (const key of chunk) {
        const isLast = key === enter || key === newLine || key === end;
        if (isLast || key === interrupt) {
          stdin.off('data', take);
          return isLast ? resolve(typed) : reject(new Error('given up'));
        }
        typed = key === backspace || key === rubout ? [...typed].slice(0, -1).join('') : typed + key;
      }
    };
    stdin.on('data', take);
  });
}
