// All of inversify that is used. The build puts it into one file, because its 248 take 0.1 s to load.
export { Container } from 'inversify';
