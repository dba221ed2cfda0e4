import type { Output, Table } from '@micro-ts/commands';
import { indentJson } from '@micro-ts/commands';
import { rawMembers } from '@micro-ts/wire';
import type { Format } from './global-options.ts';

/** An answer as text of a format. One line for each answer in JSON, one document in YAML. */
export async function render(output: Output, format: Format): Promise<string> {
  switch (format) {
    case 'json':
      return output.json ?? jsonOf(output.data);
    case 'yaml':
      return yamlOf(output);
    case 'table':
      return tableOf(output.table ?? membersAsTable(output.json) ?? asTable(output.data));
    case 'text':
      return output.text ?? indentJson(output.json ?? jsonOf(output.data));
  }
}

const jsonOf = (data: unknown): string => JSON.stringify(data) ?? 'null';

/** JSON is YAML, and a parser of YAML keeps integers of any size. */
async function yamlOf({ json, data }: Output): Promise<string> {
  const { parse, stringify } = await import('yaml');
  const value: unknown = json === undefined ? data : parse(json, { intAsBigInt: true });
  return `---\n${stringify(value, { aliasDuplicateObjects: false }).trimEnd()}`;
}

async function tableOf({ columns, rows }: Table): Promise<string> {
  const { default: CliTable } = await import('cli-table3');
  const table = new CliTable({ head: [...columns], style: { head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Members of an object with all the digits of their numbers; `undefined` for another value. */
function membersAsTable(json: string | undefined): Table | undefined {
  if (json === undefined || !json.startsWith('{')) return undefined;
  const rows = [...rawMembers(json)].map(([name, text]) => [
    name,
    text.startsWith('"') ? String(JSON.parse(text)) : text,
  ]);
  return { columns: ['member', 'value'], rows };
}

/** Members of an object, or elements of a list, as rows. */
function asTable(data: unknown): Table {
  if (Array.isArray(data)) {
    const objects = data.filter(isObject);
    const columns = [...new Set(objects.flatMap((each) => Object.keys(each)))];
    if (objects.length === data.length && columns.length > 0)
      return { columns, rows: objects.map((each) => columns.map((key) => cell(each[key]))) };
    return { columns: ['value'], rows: data.map((each) => [cell(each)]) };
  }
  if (!isObject(data)) return { columns: ['value'], rows: [[cell(data)]] };
  return {
    columns: ['member', 'value'],
    rows: Object.entries(data).map(([key, value]) => [key, cell(value)]),
  };
}

const cell = (value: unknown): string => {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : jsonOf(value);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
