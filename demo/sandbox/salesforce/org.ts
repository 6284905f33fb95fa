/**
 * The sandboxed org: its objects and their fields. Types and lengths of standard fields are those of the field
 * reference; the custom ones are what docs/destinations/salesforce.md asks an org to have.
 * https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Lead.htm
 * https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_Contact.htm
 */

/** One field. `isKey`: an external id, or a standard field with idLookup, by which records may be upserted. */
export type Field =
  | { type: "text" | "email"; length: number; isKey?: true; isUnique?: true }
  | { type: "picklist"; values: readonly string[] }
  | { type: "number" | "boolean" | "datetime" }
  /** A relationship, named by an external id of its object. */
  | { type: "reference"; to: string };

/** One object. `prefix` begins the ids of its records. */
export type SObject = {
  prefix: string;
  required: readonly string[];
  fields: Readonly<Record<string, Field>>;
};

const text = (length: number): Field => ({ type: "text", length });
const number: Field = { type: "number" };
const key: Field = { type: "text", length: 255, isKey: true, isUnique: true };

const PERSON: Record<string, Field> = {
  FirstName: text(40),
  LastName: text(80),
  Email: { type: "email", length: 80, isKey: true },
  Phone: text(40),
  LeadSource: text(255),
  HasOptedOutOfEmail: { type: "boolean" },
  Doorstep_Id__c: key,
  Customer_Number__c: key,
  Doorstep_Profile__c: text(255),
  Doorstep_Stage__c: text(255),
  Doorstep_Score__c: number,
  Doorstep_Segments__c: text(4096),
  Doorstep_Last_Event__c: text(255),
  Doorstep_Last_Event_At__c: { type: "datetime" },
  Doorstep_Last_Order_Id__c: text(255),
  Doorstep_Last_Order_Value__c: number,
  Doorstep_Last_Order_Currency__c: text(3),
  Doorstep_Last_Topic__c: text(255),
  Do_Not_Profile__c: { type: "boolean" },
};

/** A field's own name: Salesforce takes one in any case. Undefined where there is no such field. */
export const fieldNamed = ({ fields }: SObject, name: string): string | undefined =>
  Object.keys(fields).find((own) => own.toLowerCase() === name.toLowerCase());

export const OBJECTS: Readonly<Record<string, SObject>> = {
  Lead: {
    prefix: "00Q",
    required: ["LastName", "Company"],
    fields: {
      ...PERSON,
      Company: text(255),
      IsConverted: { type: "boolean" },
      Rating: { type: "picklist", values: ["Hot", "Warm", "Cold"] },
      Status: {
        type: "picklist",
        values: [
          "Open - Not Contacted",
          "Working - Contacted",
          "Closed - Converted",
          "Closed - Not Converted",
        ],
      },
    },
  },
  Contact: { prefix: "003", required: ["LastName"], fields: PERSON },
  Doorstep_Order__c: {
    prefix: "a01",
    required: [],
    fields: {
      Doorstep_Event_Id__c: key,
      Doorstep_Event__c: text(255),
      Doorstep_Occurred_At__c: { type: "datetime" },
      Doorstep_Profile__c: text(255),
      Doorstep_Order_Id__c: text(255),
      Doorstep_Value__c: number,
      Doorstep_Currency__c: text(3),
      Doorstep_Tax__c: number,
      Doorstep_Shipping__c: number,
      Doorstep_Coupon__c: text(255),
      Doorstep_Item_Count__c: number,
      Doorstep_Items__c: text(32_768),
      Doorstep_Content_Id__c: text(255),
      Doorstep_Content_Type__c: text(255),
      Doorstep_Content_Topic__c: text(255),
      Doorstep_Form_Id__c: text(255),
      Doorstep_Lead_Source__c: text(255),
      Doorstep_Campaign__c: text(255),
      Doorstep_Page_Url__c: text(255),
      Lead__r: { type: "reference", to: "Lead" },
      Contact__r: { type: "reference", to: "Contact" },
    },
  },
};
