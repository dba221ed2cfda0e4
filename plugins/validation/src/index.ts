import { definePlugin } from '@micro-ts/interface';
import { createValidation } from './validation.ts';

/**
 * Classes with rules of class-validator as schemas, and JSON Schema of the schemas that do not bring
 * their own. class-validator and class-transformer are loaded when a class with rules turns up, and
 * need not be installed before.
 */
const validation = definePlugin({
  name: 'validation',
  roles: { validation: { supports: {}, create: createValidation } },
});

declare module '@micro-ts/interface' {
  interface Plugins {
    validation: typeof validation;
  }
}

export default validation;
