//! crosspoint-client
