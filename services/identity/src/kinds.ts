/** The node on which the rights over the house itself hang; planted by the forest service. */
export const platformNode = 'platform';
