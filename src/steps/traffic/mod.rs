//! What goes over the wire: requests, visits, TLS, websockets, flows, and who reaches whom.

pub(super) mod carried;
pub(super) mod certificates;
pub(super) mod connections;
mod door;
pub(super) mod flow;
pub(super) mod from_inside;
pub(super) mod host_ports;
pub(super) mod http;
pub(super) mod isolation;
pub(super) mod names;
pub(super) mod reach;
pub(super) mod real_browser;
pub(super) mod redirects;
pub(super) mod requests;
pub(super) mod responses;
pub(super) mod tcp;
pub(super) mod tls;
pub(super) mod udp;
pub(super) mod visits;
pub(super) mod vite;
pub(super) mod way_out;
pub(super) mod web;
pub(super) mod websockets;
