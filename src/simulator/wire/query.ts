import { ApiError } from '../service.ts';
import type { Api } from './api.ts';
import { type Parameter, readForm } from './form.ts';
import type { Opened, Protocol, WireAnswer, WireRequest } from './protocol.ts';
import { type InputErrors, readInput } from './query-input.ts';
import { type QueryNames, type StructureShape, shapeReader } from './shape.ts';

/** Where AWS's two query protocols differ. */
export interface QueryDialect {
  readonly names: QueryNames;
  readonly errors: InputErrors;
  /** @throws Error where the output does not fit the shape */
  outputBody(output: { operation: string; shape: StructureShape; value: object; requestId: string }): string;
  errorBody(error: ApiError, requestId: string): string;
}

/**
 * What the protocols of EC2 and of the older services share: a form with `Action` and `Version`, posted to `/`, answered in XML.
 */
export function queryProtocol(api: Api, dialect: QueryDialect): Protocol {
  const shapeOf = shapeReader(dialect.names);
  const inputs = new Map<string, StructureShape>();
  const outputs = new Map<string, StructureShape>();

  function structureOf(cache: Map<string, StructureShape>, operation: string, place: 4 | 5): StructureShape {
    let shape = cache.get(operation);
    if (!shape) {
      const read = shapeOf(api.operations.get(operation)![place]);
      if (read.kind !== 'structure') throw new Error(`${api.signingName}:${operation} does not take and give structures`);
      shape = read;
      cache.set(operation, shape);
    }
    return shape;
  }

  return {
    operations: new Set(api.operations.keys()),

    open(request: WireRequest): Opened {
      const form = readForm(request);
      const operation = form.children?.get('Action')?.value;
      if (!operation) throw new ApiError('MissingAction', 'The request must contain the parameter Action');
      if (!api.operations.has(operation)) throw new ApiError('InvalidAction', `The action ${operation} is not valid for this web service.`);
      return { operation, readInput: () => readOperationInput(operation, form) };
    },

    writeOutput(operation: string, output: object, requestId: string): WireAnswer {
      const shape = structureOf(outputs, operation, 5);
      return xmlAnswer(200, dialect.outputBody({ operation, shape, value: output, requestId }), requestId);
    },

    writeError(error: ApiError, requestId: string): WireAnswer {
      return xmlAnswer(error.httpStatus, dialect.errorBody(error, requestId), requestId);
    },
  };

  function readOperationInput(operation: string, form: Parameter): Record<string, unknown> {
    return readInput(structureOf(inputs, operation, 4), form, { errors: dialect.errors, passOver: notInput });
  }
}

/** Parameters of the protocol and of signatures in the query string, old and new. */
const notInput: ReadonlySet<string> = new Set([
  'Action',
  'Version',
  'AWSAccessKeyId',
  'Signature',
  'SignatureMethod',
  'SignatureVersion',
  'SecurityToken',
  'Timestamp',
  'Expires',
  'X-Amz-Algorithm',
  'X-Amz-Content-Sha256',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
]);

function xmlAnswer(status: number, body: string, requestId: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId }, body };
}
