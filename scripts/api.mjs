#!/usr/bin/env node
// node scripts/api.mjs: writes what documents and messages take from the sources: docs/reference, the
// options in the page of each plugin, and what the plugins declare. With --check it writes nothing,
// and fails if a file is not as it would be written.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import prettier from 'prettier';
import ts from 'typescript';
import { optionTable, pluginNames, pluginReference, pluginSources } from './plugin-reference.mjs';
import { readSupports, supportsModule, supportTables } from './plugin-supports.mjs';
import { main, Stop } from './run-command.mjs';
import { root } from './workspace.mjs';

/** The packages whose exports are listed, each with what stands over its groups. */
const packages = [
  { name: 'micro-ts', index: 'framework/micro/src/index.ts', title: (group) => group },
  {
    name: '@micro-ts/interface',
    index: 'framework/interface/src/index.ts',
    title: () => '`@micro-ts/interface`, for plugins',
    before:
      'What those who write plugins need besides the nouns above, which this package exports too.',
  },
  {
    name: '@micro-ts/testing',
    index: 'framework/testing/src/index.ts',
    title: () => '`@micro-ts/testing`, contracts as tests',
  },
].map((each) => ({ ...each, index: join(root, each.index) }));

const heading = `# What the packages export

Written by \`node scripts/api.mjs\` from the doc comments; do not edit. First comes \`micro-ts\`, which is all that a service needs; then
[\`@micro-ts/interface\`](#micro-tsinterface-for-plugins) and [\`@micro-ts/testing\`](#micro-tstesting-contracts-as-tests), for those
who [write a plugin](../plugins/write-a-plugin.md). The [guides](../README.md) tell how it fits together, and
[Options of the plugins](plugins.md) what each can be given.
`;

/** The files that are written, by their paths, each with its text. */
async function written() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([...packages.map(({ index }) => index), ...pluginSources], {
    ...options,
    composite: false,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const doc = (declaration) => docOf(checker, declaration);
  const listed = new Set();
  const parts = packages.map((each) => exportsOf(program, each, listed));
  const supports = await readSupports(pluginNames);
  const pages = pluginNames
    .map((name) => [`docs/plugins/${name}.md`, name])
    .filter(([path]) => existsSync(join(root, path)))
    .map(([path, name]) => [path, filled(path, 'options', optionTable(program, name, doc))]);
  return new Map([
    ['docs/reference/api.md', heading + parts.join('')],
    ['docs/reference/plugins.md', pluginReference(program, doc)],
    [
      'docs/plugins/README.md',
      filled('docs/plugins/README.md', 'supports', supportTables(supports)),
    ],
    ['framework/micro/src/official-supports.ts', await pretty(supportsModule(supports))],
    ...pages,
  ]);
}

/** The document at `path` with `text` between its comments `<!-- name -->` and `<!-- /name -->`. */
function filled(path, name, text) {
  const [before, rest] = readFileSync(join(root, path), 'utf8').split(`<!-- ${name} -->\n`);
  const after = rest?.split(`<!-- /${name} -->`)[1];
  if (after === undefined) throw new Stop(`${path} has no place for its ${name}`);
  return `${before}<!-- ${name} -->\n\n${text.trim()}\n\n<!-- /${name} -->${after}`;
}

const pretty = async (text) => {
  const options = await prettier.resolveConfig(join(root, 'package.json'));
  return prettier.format(text, { ...options, parser: 'typescript' });
};

/** The exports of one package that are not listed yet. */
function exportsOf(program, { index, title, before }, listed) {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index);
  const found = new Map(
    checker
      .getExportsOfModule(checker.getSymbolAtLocation(source))
      .map((symbol) => [symbol.name, original(checker, symbol)]),
  );
  const groups = new Map();
  for (const { title: group, names } of groupsOf(source)) {
    const fresh = [...names].filter((name) => !listed.has(found.get(name)));
    for (const name of fresh) listed.add(found.get(name));
    groups.set(title(group), [...(groups.get(title(group)) ?? []), ...fresh]);
  }
  return [...groups]
    .map(([group, names]) => {
      const parts = names.sort(byName).map((name) => describe(checker, name, found.get(name)));
      const lead = before === undefined ? '' : `${before}\n\n`;
      return `\n## ${group}\n\n${lead}${parts.join('\n')}`;
    })
    .join('');
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
  for (const [path, text] of await written()) {
    const file = join(root, path);
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== text)
      throw new Stop(`${path} is not current: run node scripts/api.mjs`);
  }
  return 0;
});
