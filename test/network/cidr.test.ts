import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addressFamily,
  addressInCidr,
  canonicalAddress,
  canonicalCidr,
  cidrContains,
  cidrFamily,
  cidrsOverlap,
  compareCidrs,
  coveredBy,
  formatCidr,
  isCanonicalCidr,
  parseCidr,
  prefixLength,
} from '../../src/network/cidr.ts';

describe('canonical text', () => {
  // The right-hand column is what Go's netip.ParsePrefix(…).Masked().String() gives.
  test.each([
    ['10.0.0.0/16', '10.0.0.0/16'],
    ['10.0.0.1/16', '10.0.0.0/16'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['192.168.129.7/23', '192.168.128.0/23'],
    ['::/0', '::/0'],
    ['::1/128', '::1/128'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['2001:db8:0:0::/64', '2001:db8::/64'],
    ['2001:0db8:0000:0001:0000:0000:0000:0001/128', '2001:db8:0:1::1/128'],
    ['1:0:0:2:0:0:0:3/128', '1:0:0:2::3/128'],
    ['1:0:0:2:3:0:0:4/128', '1::2:3:0:0:4/128'],
    ['1:0:2:3:4:5:6:7/128', '1:0:2:3:4:5:6:7/128'],
    ['1:2:3:4:5:6:7::/128', '1:2:3:4:5:6:7:0/128'],
    ['0:0:1::/48', '0:0:1::/48'],
    ['fd00:ec2::254/32', 'fd00:ec2::/32'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/1', '8000::/1'],
  ])('%s becomes %s', (text, canonical) => {
    expect(canonicalCidr(text)).toBe(canonical);
  });

  test.each([
    '',
    '/',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/+8',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '10.0.0.0/8 ',
    ' 10.0.0.0/8',
    '10.0.0.0 /8',
    '10.0.0/8',
    '10.0.0.0.0/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '256.0.0.0/8',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/0x8',
    '2001:db8::',
    '2001:db8::/129',
    '2001:db8::/032',
    '2001:db8::1::/64',
    '2001:db8:::/64',
    '2001:0db80::/64',
    '1:2:3:4::5:6:7:8/64',
    '1:2:3:4:5:6:7/64',
    '1:2:3:4:5:6:7:8:9/64',
    ':1:2:3:4:5:6:7/64',
    '1:2:3:4:5:6:7:/64',
    'fe80::1%eth0/64',
    'fe80::1/64%eth0',
    '::ffff:10.0.0.0/104',
    '::ffff:0a00:0/104',
    '::fffe:1.2.3.4/128',
    '[2001:db8::]/32',
    'pl-0123456789abcdef0',
    'ten/8',
  ])('%p is no CIDR', (text) => {
    expect(parseCidr(text)).toBeUndefined();
    expect(canonicalCidr(text)).toBeUndefined();
    expect(isCanonicalCidr(text)).toBe(false);
    expect(() => cidrFamily(text)).toThrow(TypeError);
    expect(() => cidrsOverlap('10.0.0.0/8', text)).toThrow(`${JSON.stringify(text)} is not a CIDR`);
  });

  test.each(['10.0.0.1/16', '2001:DB8::/32', '2001:db8:0:0::/64', '2001:db8::1/64'])(
    '%s is a CIDR, but not spelled canonically',
    (text) => {
      expect(parseCidr(text)).toBeDefined();
      expect(isCanonicalCidr(text)).toBe(false);
    },
  );

  test('family and prefix length are read from the text', () => {
    expect([cidrFamily('10.0.0.0/16'), prefixLength('10.0.0.0/16')]).toEqual([4, 16]);
    expect([cidrFamily('2001:db8::/56'), prefixLength('2001:db8::/56')]).toEqual([6, 56]);
  });
});

describe('questions about blocks', () => {
  test.each([
    ['10.0.0.0/16', '10.0.1.0/24', true],
    ['10.0.1.0/24', '10.0.0.0/16', true],
    ['10.0.0.0/16', '10.1.0.0/16', false],
    ['10.0.0.0/25', '10.0.0.128/25', false],
    ['0.0.0.0/0', '10.0.0.0/8', true],
    ['::/0', '10.0.0.0/8', false],
    ['2001:db8::/32', '2001:db8:ffff::/48', true],
    ['2001:db8::/32', '2001:db9::/32', false],
  ])('%s and %s overlap: %s', (a, b, overlap) => {
    expect(cidrsOverlap(a, b)).toBe(overlap);
    expect(cidrsOverlap(b, a)).toBe(overlap);
  });

  test.each([
    ['10.0.0.0/16', '10.0.255.0/24', true],
    ['10.0.0.0/16', '10.0.0.0/16', true],
    ['10.0.255.0/24', '10.0.0.0/16', false],
    ['0.0.0.0/0', '::/0', false],
    ['::/0', 'fd00::/8', true],
  ])('%s contains %s: %s', (outer, inner, contained) => {
    expect(cidrContains(outer, inner)).toBe(contained);
  });

  test.each([
    ['10.255.0.38', '10.255.0.0/24', true],
    ['10.255.1.0', '10.255.0.0/24', false],
    ['10.255.0.38', '::/0', false],
    ['2001:db8::1', '2001:db8::/64', true],
    ['2001:DB8:0:0::1', '2001:db8::/64', true],
    ['2001:db8:0:1::', '2001:db8::/64', false],
    ['::ffff:10.255.0.38', '10.255.0.0/24', false],
    ['example.com', '0.0.0.0/0', false],
    ['010.0.0.1', '0.0.0.0/0', false],
  ])('address %s lies in %s: %s', (address, cidr, inside) => {
    expect(addressInCidr(address, cidr)).toBe(inside);
  });

  test('an address has a family, and a name has none', () => {
    expect([addressFamily('10.0.0.1'), addressFamily('fd00::1'), addressFamily('localhost'), addressFamily('10.0.0.0/8')]).toEqual([
      4,
      6,
      undefined,
      undefined,
    ]);
  });

  test('an address has one spelling', () => {
    expect(['10.0.0.1', '2001:DB8:0::0001', '::ffff:10.0.0.1', '10.0.0.1/32'].map(canonicalAddress)).toEqual([
      '10.0.0.1',
      '2001:db8::1',
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['10.0.0.0/16', ['10.0.0.0/16'], true],
    ['10.0.0.0/16', ['10.0.128.0/17', '10.0.0.0/17'], true],
    ['10.0.0.0/16', ['10.0.0.0/17', '10.0.128.0/18'], false],
    ['10.0.0.0/16', ['10.0.0.0/17', '10.0.128.0/18', '10.0.192.0/18', '192.168.0.0/16'], true],
    ['10.0.1.0/24', ['10.0.0.0/25', '10.0.0.0/16'], true],
    ['10.0.1.0/24', ['10.0.0.0/24', '10.0.2.0/24'], false],
    ['10.0.0.0/16', [], false],
    ['0.0.0.0/0', ['::/0'], false],
    ['0.0.0.0/0', ['0.0.0.0/1', '128.0.0.0/1'], true],
    ['2001:db8::/56', ['2001:db8:0:80::/57', '2001:db8::/57', '10.0.0.0/8'], true],
  ])('%s is covered by %p: %s', (inner, outers, covered) => {
    expect(coveredBy(inner, outers)).toBe(covered);
  });

  test('lists sort by family, address and size, and prefix lists come last', () => {
    const wanted = ['0.0.0.0/0', '9.0.0.0/8', '10.0.0.0/8', '10.0.0.0/16', '10.0.1.0/24', '::/0', '2001:db8::/32', 'pl-0a', 'pl-0b'];
    expect([...wanted].reverse().sort(compareCidrs)).toEqual(wanted);
  });
});

describe('what holds for all blocks', () => {
  // Few distinct leading bits, so that blocks meet often.
  const ipv4 = fc
    .tuple(fc.constantFrom(10, 11), fc.constantFrom(0, 1, 128, 255), fc.nat(255), fc.nat(255), fc.integer({ min: 0, max: 32 }))
    .map(([a, b, c, d, prefix]) => `${a}.${b}.${c}.${d}/${prefix}`);
  const ipv6 = fc
    .tuple(fc.array(fc.constantFrom(0, 0, 0, 1, 0x2001, 0xdb8, 0xffff), { minLength: 8, maxLength: 8 }), fc.integer({ min: 0, max: 128 }))
    .map(([groups, prefix]) => `${groups.map((group) => group.toString(16)).join(':')}/${prefix}`)
    .filter((text) => !text.startsWith('0:0:0:0:0:ffff:'));
  const cidr = fc.oneof(ipv4, ipv6);

  /** A picture of a block that shares nothing with the code: its addresses' leading bits, written out. */
  function leadingBits(text: string): string {
    const [address, prefix] = text.split('/') as [string, string];
    const parts = address.includes(':')
      ? address.split(':').map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
      : address.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'));
    return `${address.includes(':') ? 6 : 4}:${parts.join('').slice(0, Number(prefix))}`;
  }

  test('the canonical text names the same block, and is its own canonical text', () => {
    fc.assert(
      fc.property(cidr, (text) => {
        const canonical = canonicalCidr(text);
        expect(canonical).toBeDefined();
        expect(isCanonicalCidr(canonical as string)).toBe(true);
        expect(parseCidr(canonical as string)).toEqual(parseCidr(text));
        expect((canonical as string).length).toBeLessThanOrEqual(43);
      }),
    );
  });

  test('two texts have one canonical text exactly when they share their leading bits', () => {
    fc.assert(
      fc.property(cidr, cidr, (a, b) => {
        expect(canonicalCidr(a) === canonicalCidr(b)).toBe(leadingBits(a) === leadingBits(b));
      }),
    );
  });

  test('containing and overlapping are what the leading bits say', () => {
    fc.assert(
      fc.property(cidr, cidr, (a, b) => {
        const [bitsA, bitsB] = [leadingBits(a), leadingBits(b)];
        expect(cidrContains(a, b)).toBe(bitsB.startsWith(bitsA));
        expect(cidrsOverlap(a, b)).toBe(bitsB.startsWith(bitsA) || bitsA.startsWith(bitsB));
        expect(compareCidrs(a, b)).toBe(-compareCidrs(b, a) || 0);
      }),
    );
  });

  test('a block is covered by any way of cutting it up, and by none of them with a piece left out', () => {
    fc.assert(
      fc.property(
        cidr,
        fc.array(fc.nat(1000), { maxLength: 6 }),
        fc.nat(1000),
        fc.array(cidr, { maxLength: 3 }),
        (text, cuts, left, decoys) => {
          const whole = parseCidr(text);
          if (!whole) throw new Error('the generator made no CIDR');
          const width = whole.family === 4 ? 32 : 128;
          const pieces = [whole];
          for (const cut of cuts) {
            const at = cut % pieces.length;
            const piece = pieces[at];
            if (!piece || piece.prefixLength === width) continue;
            const half = 1n << BigInt(width - piece.prefixLength - 1);
            const prefix = piece.prefixLength + 1;
            pieces.splice(at, 1, { ...piece, first: piece.first + half, prefixLength: prefix }, { ...piece, prefixLength: prefix });
          }
          const texts = pieces.map(formatCidr);
          // The one piece that would be read as IPv4 in IPv6's clothes has no canonical text.
          fc.pre(texts.every((piece) => parseCidr(piece)));
          expect(coveredBy(text, [...decoys, ...texts])).toBe(true);
          const without = texts.filter((_, index) => index !== left % texts.length);
          expect(coveredBy(text, without)).toBe(false);
        },
      ),
    );
  });
});
