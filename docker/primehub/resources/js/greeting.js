export const greeting = () => 'Good to see you.';
