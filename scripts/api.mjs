#!/usr/bin/env node
// node scripts/api.mjs: writes docs/reference/api.md, what micro-ts exports, from its doc comments.
// With --check it writes nothing, and fails if the file is not as it would be written.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { main, Stop } from './run-command.mjs';
import { root } from './workspace.mjs';

const index = join(root, 'framework/micro/src/index.ts');
const output = join(root, 'docs/reference/api.md');

const heading = `# What \`micro-ts\` exports

Written by \`node scripts/api.mjs\` from the doc comments; do not edit. The [guides](../README.md) tell how it fits together.
`;

function reference() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([index], { ...options, composite: false, noEmit: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index);
  const found = new Map(
    checker
      .getExportsOfModule(checker.getSymbolAtLocation(source))
      .map((symbol) => [symbol.name, original(checker, symbol)]),
  );
  const groups = groupsOf(source).map(({ title, names }) => {
    const parts = [...names].sort(byName).map((name) => describe(checker, name, found.get(name)));
    return `\n## ${title}\n\n${parts.join('\n')}`;
  });
  return heading + groups.join('');
}

const byName = (a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);

/** What an alias stands for, through all files that only pass it on. */
function original(checker, symbol) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The exports under the comments that stand over them: `// Calls.` */
function groupsOf(source) {
  const groups = [];
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) continue;
    const comments = ts.getLeadingCommentRanges(source.text, statement.pos) ?? [];
    const last = comments.at(-1);
    const title = last && source.text.slice(last.pos, last.end).match(/^\/\/ ([A-Z].*)\.$/)?.[1];
    if (title !== undefined) groups.push({ title, names: new Set() });
    if (groups.length === 0) groups.push({ title: 'Exports', names: new Set() });
    for (const { name } of statement.exportClause.elements) groups.at(-1).names.add(name.text);
  }
  return groups;
}

function describe(checker, name, symbol) {
  const documented = symbol.declarations.map((each) => docOf(checker, each)).filter(Boolean);
  const text = [...new Set(documented)].join('\n\n');
  const members = membersOf(checker, symbol).map(
    ([member, said]) => `- ${code(member)}${said === '' ? '' : `: ${said}`}`,
  );
  const written = formsOf(symbol).map((form) => `${code(form)}  \n`);
  const list = members.length === 0 ? '' : `\n${members.join('\n')}\n`;
  return `### ${name}\n\n${written.join('')}*${kindOf(symbol)}.* ${text}\n${list}`;
}

const code = (text) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

/** How functions are called, and what types stand for, where that is a line that can be read. */
function formsOf({ declarations }) {
  const overloaded = declarations.filter(ts.isFunctionDeclaration).length > 1;
  return declarations
    .filter((each) =>
      ts.isFunctionDeclaration(each)
        ? !(overloaded && each.body !== undefined)
        : ts.isTypeAliasDeclaration(each),
    )
    .map((each) => signature(each).replace(/^export (async )?(function )?/, ''))
    .filter((form) => form.length <= 160 && !form.includes(' infer '));
}

function kindOf({ flags, declarations }) {
  const kinds = [
    [flags & ts.SymbolFlags.Function, 'Function'],
    [flags & ts.SymbolFlags.Class, 'Class'],
    [flags & ts.SymbolFlags.Variable, 'Value'],
    [flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias), 'Type'],
  ];
  const abstract = declarations.some(
    (each) => ts.getCombinedModifierFlags(each) & ts.ModifierFlags.Abstract,
  );
  const names = kinds.filter(([is]) => is).map(([, kind]) => kind);
  return `${abstract ? 'Abstract class' : names.join(' and ')}`;
}

/** The comment over a declaration, its parts joined to lines that can stand in Markdown. */
function docOf(checker, declaration) {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const [comment] = holder.jsDoc?.slice(-1) ?? [];
  if (comment === undefined) return '';
  const text = ts.getTextOfJSDocComment(comment.comment) ?? '';
  const thrown = (comment.tags ?? [])
    .filter((tag) => tag.tagName.text === 'throws')
    .map((tag) => `Throws ${ts.getTextOfJSDocComment(tag.comment) ?? ''}`.replace(/\.?$/, '.'));
  return [plain(text), ...thrown.map(plain)].filter(Boolean).join(' ');
}

/** Without links, which lead nowhere here, and with angle brackets outside of code made harmless. */
const plain = (text) =>
  text
    .replace(/\{@link(?:code|plain)?\s+([^}|\s]+)[^}]*\}/g, '`$1`')
    .replace(/\s*\n\s*/g, ' ')
    .trim();

/** Public members of what a reader makes or is given, with what their comments say. */
function membersOf(checker, symbol) {
  const described = symbol.declarations.filter(
    (each) => ts.isInterfaceDeclaration(each) || ts.isClassDeclaration(each),
  );
  return described.flatMap(({ members }) =>
    members
      .filter((member) => isPublic(member))
      .map((member) => [signature(member), docOf(checker, member)]),
  );
}

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Static;

function isPublic(member) {
  const { name } = member;
  if (name === undefined || ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name))
    return false;
  // What is for types only, and what is as it must be.
  if (ts.isStringLiteral(name) || (name.text === 'name' && member.initializer !== undefined))
    return false;
  return (ts.getCombinedModifierFlags(member) & hidden) === 0;
}

/** The member as it is written, on one line and without its body. */
function signature(member) {
  const { body, initializer } = member;
  const source = member.getSourceFile().text;
  const end = body?.pos ?? initializer?.pos ?? member.end;
  return source
    .slice(member.getStart(), end)
    .replace(/\s+/g, ' ')
    .replace(/\b(readonly|abstract|override) /g, '')
    .replace(/,? (\)|>)/g, '$1')
    .replace(/([(<]) (?!=)/g, '$1')
    .replace(/( \| undefined)?;?\s*=?\s*$/, '')
    .trim();
}

await main(async () => {
  const text = reference();
  if (process.argv.includes('--check')) {
    if (existsSync(output) && readFileSync(output, 'utf8') === text) return 0;
    throw new Stop('docs/reference/api.md is not current: run node scripts/api.mjs');
  }
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, text);
  return 0;
});
