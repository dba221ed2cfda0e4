import validation from './index.ts';
import { createValidation } from './validation.ts';

const loaded = (): boolean => 'classValidatorMetadataStorage' in globalThis;

describe('the plugin', () => {
  it('loads nothing until a class with rules turns up', async () => {
    expect(validation.plugin).toBe('validation');
    expect(() => validation({} as never)).toThrow('takes no options');
    const role = createValidation();
    expect(role.inUse()).toBe(false);
    expect(await role.schemaOf(class {})).toBeUndefined();
    expect(loaded()).toBe(false);
  });

  it('says what to install when a library is missing', async () => {
    jest.doMock('class-transformer', () => {
      throw new Error("Cannot find module 'class-transformer'");
    });
    try {
      const { IsString } = await import('class-validator');
      class Hello {
        name!: string;
      }
      IsString()(Hello.prototype, 'name');
      expect(loaded()).toBe(true);
      const role = createValidation();
      expect(role.inUse()).toBe(true);
      await expect(role.schemaOf(Hello)).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining('npm install class-validator class-transformer'),
      });
    } finally {
      jest.dontMock('class-transformer');
    }
  });
});
