import type { JsonSchema, Schema, SchemaIssue } from '@micro-ts/interface';

import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  IsArray,
  IsDate,
  IsEmail,
  IsInt,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  Min,
  MinLength,
  registerDecorator,
  ValidateNested,
} from 'class-validator';
import { createValidation } from './validation.ts';

const role = createValidation();

async function schemaOf(type: unknown): Promise<Schema> {
  const schema = await role.schemaOf(type);
  if (schema === undefined) throw new Error('no schema');
  return schema;
}

async function check(type: unknown, value: unknown): Promise<unknown> {
  const result = await (await schemaOf(type))['~standard'].validate(value);
  return result.issues === undefined ? result.value : result.issues.map(readable);
}

const readable = ({ path = [], message }: SchemaIssue): string =>
  `${path.map((step) => (typeof step === 'object' ? step.key : step)).join('.')}: ${message}`;

class Address {
  @IsString()
  @Length(4, 10)
  zip!: string;

  @IsOptional()
  @IsString()
  street?: string;
}

class Item {
  @IsInt()
  @Min(1)
  count!: number;
}

class Order {
  @IsEmail()
  email!: string;

  @ValidateNested()
  @Type(() => Address)
  address!: Address;

  @IsArray()
  @ArrayMaxSize(3)
  @ValidateNested({ each: true })
  @Type(() => Item)
  items!: Item[];

  @IsString({ each: true })
  @MaxLength(5, { each: true })
  tags!: string[];

  @IsDate()
  @Type(() => Date)
  at!: Date;

  @Allow()
  @Type(() => BigInt)
  total!: bigint;
}

const order = {
  email: 'ann@example.org',
  address: { zip: '12345' },
  items: [{ count: 1 }, { count: 2 }],
  tags: ['a', 'b'],
  at: '2026-01-02T03:04:05.000Z',
  total: '12345678901234567890',
};

describe('a class with rules', () => {
  it('makes instances of plain values', async () => {
    const value = (await check(Order, order)) as Order;
    expect(value).toBeInstanceOf(Order);
    expect(value.address).toBeInstanceOf(Address);
    expect(value.items.map((item) => item instanceof Item)).toEqual([true, true]);
    expect(value.at).toEqual(new Date(order.at));
    expect(value.total).toBe(12345678901234567890n);
    expect(value.tags).toEqual(['a', 'b']);
  });

  it('tells each place that is wrong', async () => {
    const value = {
      email: 'ann',
      address: { zip: '1', street: 5 },
      items: [{ count: 1 }, { count: 0 }, {}],
      tags: ['too long'],
      at: 'yesterday',
      total: 1,
    };
    expect(await check(Order, value)).toEqual([
      'email: must be an email',
      'address.zip: must be longer than or equal to 4 characters',
      'address.street: must be a string',
      'items.1.count: must not be less than 1',
      'items.2.count: must not be less than 1',
      'items.2.count: must be an integer number',
      'tags: each value must be shorter than or equal to 5 characters',
      'at: must be a Date instance',
    ]);
  });

  it('lets go of keys that have no rules', async () => {
    const value = JSON.parse(
      '{"zip":"12345","admin":true,"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}',
    ) as object;
    const address = (await check(Address, value)) as Address & { admin?: boolean };
    expect(address).toEqual({ zip: '12345' });
    expect(Object.keys(address)).not.toContain('admin');
    expect(address.admin).toBeUndefined();
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it.each([null, undefined, 'text', 5, true, [], [order], 10n])('refuses %p', async (value) => {
    expect(await check(Order, value)).toEqual([': must be an object']);
  });

  it('takes an instance as it takes a plain value', async () => {
    const address = Object.assign(new Address(), { zip: '12345', extra: 1 });
    const checked = await check(Address, address);
    expect(checked).toEqual({ zip: '12345' });
    expect(checked).not.toBe(address);
  });

  it('refuses a list for an object, an object for a list, and lists in lists', async () => {
    expect(await check(Order, { ...order, address: [{ zip: '12345' }] })).toEqual([
      'address: must be an object, not a list',
    ]);
    expect(await check(Order, { ...order, items: { count: 1 } })).toContain(
      'items: must be an array',
    );
    expect(await check(Order, { ...order, items: [[{ count: 1 }]] })).toEqual([
      'items.0: must be an object',
    ]);
    expect(await check(Order, { ...order, tags: 'abc' })).toEqual(['tags: must be a list']);
    expect(await check(Order, { ...order, address: 'x' })).toEqual(['address: must be an object']);
    expect(await check(Order, { ...order, items: [null] })).toEqual(['items.0: must be an object']);
    expect(await check(Order, { ...order, address: null })).toEqual(['address: must be an object']);
  });

  it('refuses what is no whole number where a bigint is declared', async () => {
    for (const total of ['1.5', 'abc', '', 1.5, NaN, true, '1'.repeat(2_000)]) {
      expect(await check(Order, { ...order, total })).toEqual(['total: must be a whole number']);
    }
    expect(await check(Order, { ...order, total: -5 })).toMatchObject({ total: -5n });
    expect(await check(Order, { ...order, total: 7n })).toMatchObject({ total: 7n });
    expect(await check(Order, { ...order, total: [1] })).toEqual(['total: invalid value']);
    class Many {
      @IsArray()
      @Type(() => BigInt)
      ids!: bigint[];
    }
    expect(await check(Many, { ids: ['1', 2] })).toEqual({ ids: [1n, 2n] });
    expect(await check(Many, { ids: ['1', 'x'] })).toEqual(['ids.1: must be a whole number']);
    expect(await check(Many, { ids: '1' })).toEqual(['ids: must be an array']);
  });

  it('bounds what it says of a hostile value', async () => {
    class Loose {
      @ValidateNested({ each: true })
      @Type(() => Item)
      items!: Item[];
    }
    const issues = (await check(Loose, { items: Array.from({ length: 9_000 }, () => ({})) })) as [];
    expect(issues).toHaveLength(50);
  });

  it('refuses depth that would exhaust the stack', async () => {
    class Loose {
      @Allow()
      any!: unknown;
    }
    let any: unknown = 1;
    for (let depth = 0; depth < 50_000; depth++) any = { any };
    expect(await check(Loose, { any })).toEqual([expect.stringMatching(/: invalid value$/)]);
  });

  it('has the rules of the classes that it extends', async () => {
    class Named extends Address {
      @IsString()
      @MinLength(2)
      name!: string;
    }
    expect(await check(Named, { zip: '1', name: 'A' })).toEqual([
      'name: must be longer than or equal to 2 characters',
      'zip: must be longer than or equal to 4 characters',
    ]);
    expect(await check(Named, { zip: '12345', name: 'Ann' })).toBeInstanceOf(Named);
  });

  it('counts rules that are added after it was used', async () => {
    class Growing {
      @IsString()
      a!: string;
    }
    expect(await check(Growing, { a: 'x' })).toEqual({ a: 'x' });
    IsString()(Growing.prototype, 'b');
    expect(await check(Growing, { a: 'x' })).toEqual(['b: must be a string']);
  });

  it('is made once for several handlers', async () => {
    expect(await schemaOf(Address)).toBe(await schemaOf(Address));
  });

  it('is none of this plugin if there are no rules', async () => {
    for (const type of [
      class {},
      Object,
      () => 1,
      {},
      null,
      undefined,
      'Address',
      Symbol.iterator,
    ]) {
      expect(await role.schemaOf(type)).toBeUndefined();
    }
    expect(role.inUse()).toBe(true);
  });

  it('fails the boot if it is declared so that nothing can pass', async () => {
    class Forgetful {
      @ValidateNested()
      address!: Address;
    }
    await expect(role.schemaOf(Forgetful)).rejects.toMatchObject({
      name: 'ConfigError',
      key: 'Forgetful.address',
      message: expect.stringContaining('@Type'),
    });
  });
});

describe('@Transform', () => {
  class Transformed {
    @Transform(({ value }) => BigInt(value as string))
    @Allow()
    id!: bigint;

    @Transform(({ value }) => (value as string).trim())
    @IsString()
    name!: string;
  }

  it('changes the value before it is checked', async () => {
    expect(await check(Transformed, { id: '5', name: ' Ann ' })).toEqual({ id: 5n, name: 'Ann' });
  });

  it('that throws makes the value invalid, and says where', async () => {
    expect(await check(Transformed, { id: 'x', name: 'Ann' })).toEqual(['id: invalid value']);
    expect(await check(Transformed, { id: '5', name: 5 })).toEqual(['name: invalid value']);
  });
});

describe('rules of the user', () => {
  const registered = (name: string, validate: (value: unknown) => boolean | Promise<boolean>) => {
    return (target: object, propertyName: string): void =>
      registerDecorator({
        name,
        target: target.constructor,
        propertyName,
        validator: { validate, defaultMessage: () => `$property is not ${name}` },
      });
  };

  class Custom {
    @registered('free', async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return value !== 'taken';
    })
    name!: string;
  }

  it('may take their time, declared or not', async () => {
    expect(await check(Custom, { name: 'taken' })).toEqual(['name: is not free']);
    expect(await check(Custom, { name: 'open' })).toEqual({ name: 'open' });
    const result = (await schemaOf(Custom))['~standard'].validate({ name: 'open' });
    expect(result).toBeInstanceOf(Promise);
    await result;
  });

  it('are waited for inside of other classes', async () => {
    class Outer {
      @ValidateNested()
      @Type(() => Custom)
      custom!: Custom;
    }
    expect(await check(Outer, { custom: { name: 'taken' } })).toEqual(['custom.name: is not free']);
  });

  it('of class-validator alone are checked at once', async () => {
    const result = (await schemaOf(Order))['~standard'].validate(order);
    expect(result).not.toBeInstanceOf(Promise);
    await result;
  });

  it('keep their own messages', async () => {
    class Own {
      @IsString({ message: 'Please say who you are.' })
      name!: string;
    }
    expect(await check(Own, {})).toEqual(['name: Please say who you are.']);
  });
});

describe('names and kinds that class-transformer gives', () => {
  class Dog {
    @IsString()
    bark!: string;
  }
  class Cat {
    @IsString()
    purr!: string;
  }
  class Pets {
    @Expose({ name: 'the_owner' })
    @IsString()
    owner!: string;

    @Exclude()
    @IsOptional()
    @IsString()
    secret?: string;

    @ValidateNested({ each: true })
    @Type(() => Object, {
      discriminator: {
        property: 'kind',
        subTypes: [
          { name: 'dog', value: Dog },
          { name: 'cat', value: Cat },
        ],
      },
    })
    pets!: (Dog | Cat)[];
  }

  it('are honoured', async () => {
    const value = (await check(Pets, {
      the_owner: 'Ann',
      secret: 'x',
      pets: [
        { kind: 'dog', bark: 'wau' },
        { kind: 'cat', purr: 'rrr' },
      ],
    })) as Pets;
    expect(value.owner).toBe('Ann');
    expect(value.secret).toBeUndefined();
    expect(value.pets.map((pet) => pet.constructor)).toEqual([Dog, Cat]);
    expect(await check(Pets, { the_owner: 'Ann', pets: [{ kind: 'dog' }] })).toEqual([
      'pets.0.bark: must be a string',
    ]);
    expect(await check(Pets, { the_owner: 'Ann', pets: [{ kind: 'fish' }] })).toEqual([
      'pets.0: is nothing that has rules',
    ]);
  });

  it('stand in the JSON Schema', async () => {
    const { properties } = (await schemaOf(Pets))['~standard'].jsonSchema?.input({
      target: 'draft-2020-12',
    }) as { properties: JsonSchema };
    expect(Object.keys(properties)).toEqual(['the_owner', 'pets']);
    expect(properties['pets']).toEqual({
      type: 'array',
      items: { anyOf: [{ $ref: '#/$defs/Dog' }, { $ref: '#/$defs/Cat' }] },
    });
  });
});
