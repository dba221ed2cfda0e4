import { topic } from 'micro-ts';

/** An order, known by its number. */
export interface Order {
  readonly id: string;
}

/** Everybody wants to know. */
export const ordered = topic<Order>('shop.ordered');

/** One packer packs it. */
export const packing = topic<Order>('shop.packing');

/** One bookkeeper bills it, and nothing gets lost. */
export const billing = topic<Order>('shop.billing');
