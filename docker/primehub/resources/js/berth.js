export const berth = () => 'Moored in Bremen.';
