// docs/reference/plugins.md: the options of the plugins that come with Micro, read from their schemas
// and doc comments.
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './workspace.mjs';

/** In the order in which a reader meets them. */
export const pluginNames = [
  ...['http', 'local', 'memory', 'mdns', 'validation'],
  ...['etcd', 'consul', 'redis', 'rabbitmq', 'nats'],
];

const heading = `# Options of the plugins

Written by \`node scripts/api.mjs\` from the plugins' schemas and their comments; do not edit. How plugins are named and combined:
[Configuration](../guide/configuration.md#naming-a-plugin). What is misspelt or does not fit stops the boot.
`;

const indexOf = (name) => join(root, 'plugins', name, 'src/index.ts');

/** The files that a program for {@link pluginReference} is made of. */
export const pluginSources = pluginNames.map(indexOf);

/** @param docOf the comment over a declaration, as Markdown */
export function pluginReference(program, docOf) {
  const parts = pluginNames.map((name) => {
    const plugin = definitionOf(program.getSourceFile(indexOf(name)));
    const roles = propertyOf(plugin.argument, 'roles').initializer.properties;
    const played = roles.map((role) => `\`${role.name.text}\``).join(', ');
    const said = docOf(plugin.declaration);
    const about = `Plays: ${played}.${said === '' ? '' : ` ${said}`}`;
    return `\n## ${name}\n\n${about}\n\n${optionTable(program, name, docOf)}\n`;
  });
  return heading + parts.join('');
}

/** The options of one plugin. */
export function optionTable(program, name, docOf) {
  const { argument } = definitionOf(program.getSourceFile(indexOf(name)));
  const rows = optionsOf(program.getTypeChecker(), argument, docOf);
  if (rows.length === 0) return 'It has no options.';
  return ['| option | type | default | |', '|---|---|---|---|', ...rows].join('\n');
}

/** `const http = definePlugin({ … })` */
function definitionOf(source) {
  let found;
  visit(source, (node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'definePlugin')
      found = { declaration: node.parent, argument: node.arguments[0] };
  });
  return found;
}

function visit(node, see) {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

const propertyOf = (object, name) => object.properties.find((each) => each.name?.text === name);

function optionsOf(checker, definition, docOf) {
  const given = propertyOf(definition, 'options');
  if (given === undefined) return [];
  const symbol = ts.isShorthandPropertyAssignment(given)
    ? checker.getShorthandAssignmentValueSymbol(given)
    : checker.getSymbolAtLocation(given.initializer);
  const { valueDeclaration } = original(checker, symbol);
  const object = objectIn(checker, valueDeclaration.initializer);
  const members = object?.properties ?? interfaceOf(checker, valueDeclaration);
  return members.flatMap((member) => rowsOf(checker, member, '', docOf));
}

const original = (checker, symbol) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

/** The members of `v.strictObject({ … })`, wherever it stands in an expression, or behind a name. */
function objectIn(checker, expression) {
  if (ts.isIdentifier(expression)) {
    const { valueDeclaration } = original(checker, checker.getSymbolAtLocation(expression));
    const initializer = valueDeclaration?.initializer;
    return initializer === undefined ? undefined : objectIn(checker, initializer);
  }
  if (!ts.isCallExpression(expression)) return undefined;
  if (expression.expression.getText() === 'v.strictObject') return expression.arguments[0];
  const [first] = expression.arguments;
  return first === undefined ? undefined : objectIn(checker, first);
}

/** Where the schema is written by hand, its type tells: `Schema<MemoryOptions | undefined, …>`. */
function interfaceOf(checker, declaration) {
  const [input] = declaration.type.typeArguments;
  const type = checker.getNonNullableType(checker.getTypeFromTypeNode(input));
  return type.symbol.declarations[0].members;
}

function rowsOf(checker, member, prefix, docOf) {
  const name = prefix + member.name.text;
  const { initializer } = member;
  const nested = initializer === undefined ? undefined : objectIn(checker, initializer);
  if (nested !== undefined) {
    const inner = nested.properties.flatMap((each) => rowsOf(checker, each, `${name}.`, docOf));
    return [row(name, 'object', '', docOf(member)), ...inner];
  }
  const type = initializer === undefined ? member.type.getText() : inputOf(checker, initializer);
  return [row(name, type, defaultOf(initializer), docOf(member))];
}

const row = (name, type, fallback, said) =>
  `| \`${name}\` | \`${cell(type)}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${cell(said)} |`;

const cell = (text) => text.replaceAll('|', '\\|');

/** What a schema accepts, as the compiler sees it. */
function inputOf(checker, schema) {
  const members = checker.getTypeAtLocation(schema).getProperty('~types');
  const types = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(members, schema));
  const input = checker.getTypeOfSymbolAtLocation(types.getProperty('input'), schema);
  return checker.typeToString(checker.getNonNullableType(input));
}

/** The second argument of `v.optional`, if it is a value and not worked out. */
function defaultOf(schema) {
  if (schema?.expression?.getText() !== 'v.optional') return '';
  const [, value] = schema.arguments;
  return value === undefined || ts.isIdentifier(value) ? '' : value.getText().replaceAll('_', '');
}
