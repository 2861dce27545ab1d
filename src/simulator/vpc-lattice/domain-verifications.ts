import type {
  DeleteDomainVerificationRequest,
  DomainVerificationSummary,
  GetDomainVerificationRequest,
  GetDomainVerificationResponse,
  ListDomainVerificationsRequest,
  ListDomainVerificationsResponse,
  StartDomainVerificationRequest,
  StartDomainVerificationResponse,
} from '@aws-sdk/client-vpc-lattice';
import type { Call, Operations } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { World } from '../world/world.ts';
import { conflict, invalidField, quotaExceeded } from './errors.ts';
import { addTags, arnOf, find, kinds, makeOnce, newRecord, page, whileIn } from './kinds.ts';
import type { DomainVerificationRecord } from './records.ts';
import { isDomainName } from './resource-definitions.ts';

const kind = kinds.domainVerification;

/** Puts a TXT record where the whole world can resolve it, in the place of what is there; verifications that wait for it notice after a while. */
export function publishTxtRecord(world: World, name: string, values: readonly string[]): void {
  const id = txtKey(name);
  world.publicTxtRecords.put({ id, values });
  for (const verification of world.domainVerifications.where(`txt:${id}`)) {
    world.later(world.settings.delaysMs.domainVerificationNoticing, verify, verification.id);
  }
}

/** Takes a TXT record away. A domain that is verified stays so. */
export function withdrawTxtRecord(world: World, name: string): void {
  world.publicTxtRecords.delete(txtKey(name));
}

const txtKey = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const verify = whileIn(kind, 'PENDING', {
  name: 'verify',
  run: (world, { id, txtName, txtValue }) => {
    if (!world.publicTxtRecords.get(txtName)?.values.includes(txtValue)) return;
    const lastVerifiedAt = world.now();
    world.domainVerifications.change(id, { status: 'VERIFIED', lastVerifiedAt, lastUpdatedAt: lastVerifiedAt });
  },
});

const timeOut = whileIn(kind, 'PENDING', {
  name: 'timeOut',
  run: (world, { id }) => world.domainVerifications.change(id, { status: 'VERIFICATION_TIMED_OUT', lastUpdatedAt: world.now() }),
});

function shown(verification: DomainVerificationRecord) {
  const { id, domainName, status, txtName, txtValue } = verification;
  return { id, arn: arnOf(kind, verification), domainName, status, txtMethodConfig: { name: txtName, value: txtValue } };
}

function shownWhole(world: World, call: Call, verification: DomainVerificationRecord): DomainVerificationSummary {
  const { id, createdAt, lastVerifiedAt } = verification;
  return {
    ...shown(verification),
    createdAt: new Date(createdAt),
    ...(lastVerifiedAt === undefined ? {} : { lastVerifiedTime: new Date(lastVerifiedAt) }),
    tags: { ...world.seenTagsOf(placeKey(call), id) },
  };
}

export function domainVerificationOperations(world: World): Operations {
  return {
    StartDomainVerification(input: StartDomainVerificationRequest, call: Call): StartDomainVerificationResponse {
      return makeOnce(world, call, { operation: 'StartDomainVerification', resourceType: kind.resourceType, input, make });

      function make(): StartDomainVerificationResponse {
        const domainName = input.domainName!;
        if (!isDomainName(domainName)) throw invalidField('domainName', `${domainName} is no domain name of 3 to 255 characters`);
        const domain = txtKey(domainName);
        const others = world.domainVerifications.where(`place:${placeKey(call)}`);
        const same = others.find((other) => txtKey(other.domainName) === domain && other.status !== 'VERIFICATION_TIMED_OUT');
        if (same) throw conflict(kind.resourceType, same.id, `There is already a verification of ${domainName}`);
        const { quotas, delaysMs } = world.settings;
        if (others.length >= quotas.domainVerificationsPerRegion) {
          throw quotaExceeded(kind.resourceType, quotas.domainVerificationsPerRegion);
        }
        const record = newRecord(world, call, kind.prefix);
        const { id } = record;
        const digits = id.slice(kind.prefix.length + 1);
        const verification: DomainVerificationRecord = {
          ...record,
          domainName,
          status: 'PENDING',
          txtName: `_${digits}.${domain}`,
          txtValue: `vpc-lattice-domain-verification=${digits}`,
        };
        world.domainVerifications.put(verification);
        addTags(world, call, { id, tags: input.tags });
        world.later(delaysMs.domainVerificationTimingOut, timeOut, id);
        return shown(verification);
      }
    },

    GetDomainVerification(input: GetDomainVerificationRequest, call: Call): GetDomainVerificationResponse {
      return shownWhole(world, call, findVerification(world, call, { identifier: input.domainVerificationIdentifier!, seen: true }));
    },

    ListDomainVerifications(input: ListDomainVerificationsRequest, call: Call): ListDomainVerificationsResponse {
      const values = world.domainVerifications.seenWhere(`place:${placeKey(call)}`);
      const { items, ...token } = page(world, { kind, values, input });
      return { items: items.map((verification) => shownWhole(world, call, verification)), ...token };
    },

    DeleteDomainVerification(input: DeleteDomainVerificationRequest, call: Call): object {
      const { id } = findVerification(world, call, { identifier: input.domainVerificationIdentifier! });
      world.domainVerifications.delete(id);
      world.setTags(placeKey(call), id, {});
      return {};
    },
  };
}

const findVerification = (world: World, call: Call, wanted: { identifier: string; seen?: boolean }): DomainVerificationRecord =>
  find(world, call, { kind, field: 'domainVerificationIdentifier', ...wanted });
