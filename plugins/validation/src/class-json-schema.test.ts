import type { JsonSchema } from '@micro-ts/interface';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMinSize,
  ArrayUnique,
  Contains,
  Equals,
  IsArray,
  IsBoolean,
  IsDate,
  IsDateString,
  IsDefined,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsIP,
  IsNotEmpty,
  IsNotIn,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  IsUrl,
  IsUUID,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { createClassSchema } from './class-schema.ts';
import type { Class } from './rules.ts';

async function describeIt(type: Class): Promise<JsonSchema> {
  const { jsonSchema } = (await createClassSchema(type))['~standard'];
  const schema = jsonSchema?.input({ target: 'draft-2020-12' }) ?? {};
  return JSON.parse(JSON.stringify(schema)) as JsonSchema;
}

async function property(...decorators: readonly PropertyDecorator[]): Promise<unknown> {
  class Probe {}
  for (const decorate of decorators) decorate(Probe.prototype, 'a');
  const schema = (await describeIt(Probe)) as { properties: JsonSchema; required?: string[] };
  const optional = schema.required === undefined ? '?' : '';
  return { [`a${optional}`]: schema.properties['a'] };
}

enum Colour {
  Red,
  Blue = 'blue',
}

describe('the JSON Schema of a rule', () => {
  it.each<[unknown, ...PropertyDecorator[]]>([
    [{ a: { type: 'string' } }, IsString()],
    [{ a: { type: 'number' } }, IsNumber()],
    [{ a: { type: 'integer', minimum: 1, maximum: 9 } }, IsInt(), Min(1), Max(9)],
    [{ a: { type: 'number', exclusiveMinimum: 0 } }, IsNumber(), IsPositive()],
    [{ a: { type: 'boolean' } }, IsBoolean()],
    [{ a: { type: 'string', minLength: 2, maxLength: 5 } }, Length(2, 5)],
    [{ a: { type: 'string', minLength: 2 } }, Length(2)],
    [{ a: { type: 'string', minLength: 2, maxLength: 5 } }, MinLength(2), MaxLength(5)],
    [{ a: { type: 'string', minLength: 1 } }, IsString(), IsNotEmpty()],
    [{ a: { type: 'string', pattern: '^a+$' } }, Matches(/^a+$/)],
    [{ a: { type: 'string' } }, Matches(/^a+$/i)],
    [{ a: { type: 'string', pattern: 'a\\.b' } }, Contains('a.b')],
    [{ a: { enum: [0, 'blue'] } }, IsEnum(Colour)],
    [{ a: { enum: ['x', 'y'] } }, IsIn(['x', 'y'])],
    [{ a: { const: 5 } }, Equals(5)],
    [{ a: { type: 'string', format: 'email' } }, IsEmail()],
    [{ a: { type: 'string', format: 'uri' } }, IsUrl()],
    [{ a: { type: 'string', format: 'uuid' } }, IsUUID()],
    [{ a: { type: 'string', format: 'ipv4' } }, IsIP('4')],
    [{ a: { type: 'string' } }, IsIP()],
    [{ a: { type: 'string', format: 'date-time' } }, IsDateString()],
    [{ a: { type: 'string', format: 'date-time' } }, IsDate(), Type(() => Date)],
    [{ a: { type: 'array', minItems: 1, uniqueItems: true } }, ArrayMinSize(1), ArrayUnique()],
    [
      { a: { type: 'array', items: { type: 'string', maxLength: 3 } } },
      MaxLength(3, { each: true }),
    ],
    [{ a: { type: 'array', items: { type: 'integer' } } }, IsArray(), IsInt({ each: true })],
    [{ 'a?': { type: 'string' } }, IsOptional(), IsString()],
    [{ 'a?': { type: 'string' } }, ValidateIf(() => true), IsString()],
    [{ 'a?': {} }, Allow()],
    [{ a: {} }, IsDefined()],
    [{ 'a?': {} }, IsNotIn(['x'])],
    [{ 'a?': { type: 'string', pattern: '^-?[0-9]+$' } }, Allow(), Type(() => BigInt)],
  ])('%j', async (expected, ...decorators) => {
    expect(await property(...decorators)).toEqual(expected);
  });
});

describe('the JSON Schema of a class', () => {
  it('takes types from the compiler where no rule says them', async () => {
    class Emitted {
      @IsNotEmpty() text!: string;
      @Min(5) number!: number;
      @IsDefined() flag!: boolean;
      @IsDefined() at!: Date;
      @Allow() list!: unknown[];
    }
    expect(await describeIt(Emitted)).toEqual({
      type: 'object',
      title: 'Emitted',
      properties: {
        text: { type: 'string', minLength: 1 },
        number: { type: 'number', minimum: 5 },
        flag: { type: 'boolean' },
        at: { type: 'string', format: 'date-time' },
        list: { type: 'array' },
      },
      required: ['text', 'number', 'flag', 'at'],
    });
  });

  it('keeps classes of the same name apart, also in lists', async () => {
    const first = (): Class => {
      class Place {
        @IsString() zip!: string;
      }
      return Place;
    };
    const second = (): Class => {
      class Place {
        @IsInt() seat!: number;
      }
      return Place;
    };
    const [One, Two] = [first(), second()];
    class Trip {
      @ValidateNested() @Type(() => One as never) from!: object;
      @ValidateNested({ each: true }) @Type(() => Two as never) seats!: object[];
      @ValidateNested() @Type(() => One as never) to!: object;
    }
    expect(await describeIt(Trip)).toMatchObject({
      properties: {
        from: { $ref: '#/$defs/Place' },
        seats: { type: 'array', items: { $ref: '#/$defs/Place2' } },
        to: { $ref: '#/$defs/Place' },
      },
      $defs: {
        Place: { title: 'Place', properties: { zip: { type: 'string' } }, required: ['zip'] },
        Place2: { title: 'Place', properties: { seat: { type: 'integer' } } },
      },
    });
  });

  it('ends for classes that hold themselves', async () => {
    class Leaf {
      @IsOptional()
      @ValidateNested()
      @Type(() => Tree as never)
      tree?: object;
    }
    class Tree {
      @ValidateNested({ each: true }) @Type(() => Tree) children!: Tree[];
      @ValidateNested() @Type(() => Leaf) leaf!: Leaf;
    }
    expect(await describeIt(Tree)).toEqual({
      type: 'object',
      title: 'Tree',
      properties: {
        children: { type: 'array', items: { $ref: '#' } },
        leaf: { $ref: '#/$defs/Leaf' },
      },
      $defs: {
        Leaf: { type: 'object', title: 'Leaf', properties: { tree: { $ref: '#' } } },
      },
    });
  });

  it('has the properties of the classes that it extends', async () => {
    class Animal {
      @IsString() name!: string;
    }
    class Dog extends Animal {
      @IsOptional() @IsInt() age?: number;
    }
    const { properties, required } = await describeIt(Dog);
    expect(properties).toEqual({ age: { type: 'integer' }, name: { type: 'string' } });
    expect(required).toEqual(['name']);
  });

  it('is not shared: a caller may change it', async () => {
    class Own {
      @IsString() a!: string;
    }
    const { jsonSchema } = (await createClassSchema(Own))['~standard'];
    const options = { target: 'draft-2020-12' } as const;
    const schema = jsonSchema?.output(options) ?? {};
    schema['title'] = 'changed';
    expect(jsonSchema?.output(options)['title']).toBe('Own');
  });
});
