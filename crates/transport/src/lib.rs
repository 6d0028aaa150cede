//! crosspoint-transport
