import { hkdfSync } from 'node:crypto';
import {
  type ConnectionOptions,
  createSecureContext,
  type PeerCertificate,
  type TlsOptions as ServerOptions,
} from 'node:tls';
import { HearsayError } from '../core/errors.ts';

/** How links are encrypted, and how their ends know that they belong together. */
export type TlsOptions = TlsCertificates | TlsSharedKey;

/** Every node has a certificate; all are signed by authorities that the network chooses. */
export interface TlsCertificates {
  /** This node's certificate, and those between it and the authority, in PEM. */
  readonly cert: string | Buffer;
  /** The private key of `cert`, in PEM. */
  readonly key: string | Buffer;
  /** The authorities that sign this network's certificates, in PEM; no others are trusted. */
  readonly ca: string | Buffer | (string | Buffer)[];
  /**
   * Turn away nodes that dial without a certificate of these authorities. Default true: otherwise
   * everyone may join, only that they can tell whom they join.
   */
  readonly requireClientCert?: boolean;
  /**
   * The DNS name that all nodes' certificates bear. Default: each certificate must bear the host, a
   * name or an IP address, by which its node is dialled.
   */
  readonly serverName?: string;
}

/** All nodes know one secret, and nobody else does: TLS-PSK, no certificates. */
export interface TlsSharedKey {
  /**
   * At least 16 bytes from a random generator, the same on all nodes. Whoever has it can join as
   * anybody. A password is not enough: it could be guessed from a recorded handshake.
   */
  readonly sharedKey: string | Uint8Array;
}

/** What node:tls is told on either side. */
export interface TlsSetup {
  readonly client: ConnectionOptions;
  readonly server: ServerOptions;
}

/** Throws HearsayError `option-invalid` for keys and certificates that cannot be used. */
export function tlsSetup(options: TlsOptions): TlsSetup {
  const setup = 'sharedKey' in options ? sharedKeySetup(options) : certificateSetup(options);
  try {
    // Made once: node:tls would otherwise parse the certificates again for each dial.
    return {
      ...setup,
      client: { ...setup.client, secureContext: createSecureContext(setup.client) },
    };
  } catch (error) {
    const message = `tls: the certificates or their key cannot be used: ${(error as Error).message}.`;
    throw new HearsayError('option-invalid', message, { option: 'tls' }, { cause: error });
  }
}

function certificateSetup(options: TlsCertificates): TlsSetup {
  const { cert, key, ca, serverName, requireClientCert = true } = options;
  const both = { cert, key, ca, minVersion: 'TLSv1.3' } as const;
  return {
    client: { ...both, ...(serverName !== undefined && { servername: serverName }) },
    server: { ...both, requestCert: requireClientCert, rejectUnauthorized: requireClientCert },
  };
}

function sharedKeySetup({ sharedKey }: TlsSharedKey): TlsSetup {
  const secret = typeof sharedKey === 'string' ? Buffer.from(sharedKey) : sharedKey;
  if (secret.length < sharedKeyBytesMin) {
    const message = `sharedKey must have at least ${sharedKeyBytesMin} bytes, not ${secret.length}.`;
    throw new HearsayError('option-invalid', message, { option: 'sharedKey' });
  }
  const psk = Buffer.from(hkdfSync('sha256', secret, '', 'hearsay tls-psk', 32));
  // TLS 1.3 ties a key that comes from a callback to SHA-256; both have forward secrecy.
  const ciphers = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
  const both = { ciphers, minVersion: 'TLSv1.3' } as const;
  return {
    client: {
      ...both,
      pskCallback: () => ({ psk, identity: pskIdentity }),
      // A server may ignore the key and show a certificate instead. None is good enough.
      ca: [],
      checkServerIdentity: (_, certificate) => noCertificate(certificate),
    },
    server: {
      ...both,
      pskCallback: (_, identity) => (identity === pskIdentity ? psk : null),
    },
  };
}

const sharedKeyBytesMin = 16;
const pskIdentity = 'hearsay';

function noCertificate(certificate: PeerCertificate): Error | undefined {
  const isShown = Object.keys(certificate).length > 0;
  return isShown ? new Error('the other end showed a certificate, not the shared key') : undefined;
}
