import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { commandsOf, problemOf } from './commands.ts';
import { parse, place, readDocuments, root } from './documents.ts';
import type { Block, Document } from './documents.ts';
import { typeCheck } from './type-check.ts';

const documents = readDocuments();

/** What `check` says of the blocks of some languages, each with its place. */
function complaintsOf(
  languages: readonly string[],
  check: (block: Block, document: Document) => string | undefined,
): readonly string[] {
  return documents.flatMap((document) =>
    document.blocks
      .filter(({ language, info }) => languages.includes(language) && !info.has('no-check'))
      .flatMap((block) => {
        const problem = check(block, document);
        return problem === undefined ? [] : [`${place(document, block.line)}: ${problem}`];
      }),
  );
}

function problemOfLink(document: Document, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#', 2);
  const name = path === '' ? document.path : join(dirname(document.path), path);
  if (!existsSync(join(root, name))) return `there is no ${name}`;
  if (anchor === undefined) return undefined;
  if (statSync(join(root, name)).isDirectory()) return `${name} is a folder and has no #${anchor}`;
  const other = documents.find(({ path: each }) => each === name);
  return other?.anchors.has(anchor) === true ? undefined : `${name} has no heading #${anchor}`;
}

describe('documents', () => {
  it('are there', () => {
    expect(documents.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/guide/first-service.md']),
    );
  });

  it('link to what exists', () => {
    const broken = documents.flatMap((document) =>
      document.links.flatMap(({ target, line }) => {
        const problem = problemOfLink(document, target);
        return problem === undefined ? [] : [`${place(document, line)}: ${problem}`];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('say why a block is not checked', () => {
    const silent = documents.flatMap((document) =>
      document.blocks
        .filter(({ info }) => info.get('no-check') === '')
        .map(({ line }) => `${place(document, line)}: no-check without a reason`),
    );
    expect(silent).toEqual([]);
  });

  it('hold JSON that can be read', () => {
    const complaints = complaintsOf(['json', 'jsonc'], ({ text }) => {
      const { error } = ts.parseConfigFileTextToJson('block.json', text);
      return error && ts.flattenDiagnosticMessageText(error.messageText, '\n');
    });
    expect(complaints).toEqual([]);
  });

  it('name commands, scripts, packages and files that exist', () => {
    const complaints = complaintsOf(['sh', 'bash', 'shell'], ({ text }, document) =>
      commandsOf(text)
        .map((line) => problemOf(document, line))
        .find((problem) => problem !== undefined),
    );
    expect(complaints).toEqual([]);
  });

  it('hold TypeScript that compiles', () => {
    // One that does not shows that the others are looked at.
    const wrong = parse('wrong.md', 'Text\n\n```ts\nconst n = 1;\nconst text: string = n;\n```\n');
    const found = typeCheck([...documents, wrong]);
    expect(found).toEqual([expect.stringMatching(/wrong\.md:5: TS2322/)]);
  }, 120_000);
});
