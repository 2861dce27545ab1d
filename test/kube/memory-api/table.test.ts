import { describe, expect, test } from '@jest/globals';
import { age, jsonPath } from '../../../src/kube/memory-api/table.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('an age', () => {
  test.each([
    [-5 * second, '0s'],
    [0, '0s'],
    [119.9 * second, '119s'],
    [2 * minute, '2m'],
    [4 * minute + 12 * second, '4m12s'],
    [10 * minute + 12 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour + 5 * minute, '3h5m'],
    [8 * hour + 5 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day + 3 * hour, '8d'],
    [729 * day, '729d'],
    [731 * day, '2y1d'],
    [3000 * day, '8y'],
    [Number.NaN, '<invalid>'],
  ])('of %d ms is told as %s', (ms, told) => {
    expect(age(ms)).toBe(told);
  });
});

describe('a JSONPath of a column', () => {
  const object = {
    status: {
      vpcId: 'vpc-1',
      conditions: [
        { type: 'Stalled', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
    },
  };

  test.each([
    ['.status.vpcId', 'vpc-1'],
    ['.status.conditions[?(@.type=="Ready")].status', 'True'],
    ['.status.conditions[?(@.type=="Accepted")].status', undefined],
    ['.status.vpcId.more', undefined],
    ['.spec.requester.vpcId', undefined],
  ])('%s finds %s', (path, found) => {
    expect(jsonPath(path)(object)).toBe(found);
  });

  test.each(['.status[0]', 'status', '.status..vpcId', '{.status}'])('%s is refused', (path) => {
    expect(() => jsonPath(path)).toThrow(TypeError);
  });
});
