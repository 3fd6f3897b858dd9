import type {
  BasePlugin,
  FieldNullability,
  InputFieldMap,
  InputShapeFromFields,
  SchemaTypes,
  TypeParam,
} from '@pothos/core';
import type { DeclaredAccess } from '#src/field-access.ts';
import type { SubgraphBuilderOptions } from '#src/subgraph-builder.ts';

/** What the access plugin adds to Pothos's option types. */
declare global {
  export namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      steadingAccess: BasePlugin<Types>;
    }

    interface SchemaBuilderOptions<Types extends SchemaTypes> {
      steading: SubgraphBuilderOptions;
    }

    interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** Who may have this field. Root fields must say it. */
      access?: DeclaredAccess<InputShapeFromFields<Args>, ParentShape>;
    }

    interface QueryFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      access: DeclaredAccess<InputShapeFromFields<Args>, Types['Root']>;
    }

    interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      access: DeclaredAccess<InputShapeFromFields<Args>, Types['Root']>;
    }

    interface SubscriptionFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** Asked before the source is opened, for each event, and whenever the forest changes. */
      access: DeclaredAccess<InputShapeFromFields<Args>, Types['Root']>;
    }
  }
}
