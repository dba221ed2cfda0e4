import { UsageError } from '../usage-error.ts';
import { checkTopic, namesOf } from './names.ts';

describe('names of a service', () => {
  it.each([
    ['greeter', { service: 'greeter', project: 'greeter', className: 'Greeter' }],
    [
      'user-profile',
      { service: 'user-profile', project: 'user-profile', className: 'UserProfile' },
    ],
    ['acme.srv.v2-geo', { service: 'acme.srv.v2-geo', project: 'v2-geo', className: 'V2Geo' }],
    [' geo ', { service: 'geo', project: 'geo', className: 'Geo' }],
  ])('takes %s apart', (given, names) => {
    expect(namesOf(given)).toEqual(names);
  });

  it.each([
    ['', 'small letters'],
    ['Greeter', 'small letters'],
    ['user_profile', 'small letters'],
    ['2fast', 'small letters'],
    ['user--profile', 'small letters'],
    ['../greeter', 'small letters'],
    ['acme.', 'small letters'],
    ['acme.2fast', 'begin it with a letter'],
    ['ab', 'minifier'],
    ['a'.repeat(101), '100 letters'],
    ['class', 'word of TypeScript'],
    ['acme.delete', 'word of TypeScript'],
    ['debug', 'Debug.Health'],
    ['service', 'hide another'],
    ['promise', 'hide another'],
    ['hello-request', 'hide another'],
  ])('refuses %j', (given, why) => {
    expect(() => namesOf(given)).toThrow(UsageError);
    expect(() => namesOf(given)).toThrow(why);
  });

  it('takes a topic that is not the name of the service', () => {
    const names = namesOf('acme.greeter');
    expect(checkTopic('user.created', names)).toBe('user.created');
    expect(() => checkTopic('acme.greeter', names)).toThrow('such as acme.greeter.greeted');
    for (const bad of ["it's", 'a b', '.a', 'a..b', 'a/b', '*', 'a'.repeat(201)])
      expect(() => checkTopic(bad, names)).toThrow('cannot be a topic');
  });
});
