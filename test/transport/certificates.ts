import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A key with its certificate, in PEM. */
export interface Certified {
  readonly key: string;
  readonly cert: string;
}

/** An authority that signs certificates for tests: as little of X.509 (RFC 5280) as TLS needs. */
export class TestAuthority {
  readonly #name: string;
  readonly #key: KeyObject;
  readonly cert: string;

  constructor(name: string) {
    this.#name = name;
    this.#key = generateKeyPairSync('ed25519').privateKey;
    this.cert = this.#certify(name, createPublicKey(this.#key), isAuthority);
  }

  /** A new key with a certificate for an IPv4 address or a DNS name. */
  issue(subject: string): Certified {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    return { key, cert: this.#certify(subject, publicKey, isFor(subject)) };
  }

  #certify(subject: string, publicKey: KeyObject, extension: Buffer): string {
    const body = sequence(
      der(0xa0, integer(2)), // version 3
      integer(serial++),
      ed25519,
      commonName(this.#name),
      sequence(utcTime(-day), utcTime(day)),
      commonName(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(extension)),
    );
    const certificate = sequence(body, ed25519, bitString(sign(null, body, this.#key)));
    return `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
  }
}

let serial = 1;
const day = 24 * 3_600_000;

/** A DER element; lengths up to 65535. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.of(value));
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.of(0), bytes);
}

function utcTime(fromNowMs: number): Buffer {
  const digits = new Date(Date.now() + fromNowMs).toISOString().replaceAll(/\D/g, '');
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(name)))));
}

/** subjectAltName: an IPv4 address or a DNS name. */
function isFor(subject: string): Buffer {
  const isAddress = /^[\d.]+$/.test(subject);
  const name = isAddress
    ? der(0x87, Buffer.from(subject.split('.').map(Number)))
    : der(0x82, Buffer.from(subject));
  return sequence(objectId('551d11'), der(0x04, sequence(name)));
}

const ed25519 = sequence(objectId('2b6570'));

/** basicConstraints: an authority. */
const isAuthority = sequence(objectId('551d13'), der(0x04, sequence(der(0x01, Buffer.of(0xff)))));
