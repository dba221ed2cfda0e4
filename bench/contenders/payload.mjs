// What everybody sends and answers.
export const request = Object.freeze({ name: 'John' });
export const greet = ({ name }) => ({ msg: `Hello ${name}` });
