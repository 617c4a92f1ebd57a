import { hash } from 'node:crypto';
import type { DigestText } from '../core/messages.ts';

/** SHA-256 of a text as UTF-8, in hexadecimal. */
export const digestText: DigestText = (text) => hash('sha256', text, 'hex');
